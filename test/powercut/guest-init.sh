#!/bin/busybox sh
# The first process of the machine whose power is cut: mounts what there is and starts the writer, nothing else.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t devtmpfs dev /dev
for module in $(cat /modules/order); do insmod "/modules/$module.ko"; done

sync=full
for word in $(cat /proc/cmdline); do
  case "$word" in sync=*) sync="${word#sync=}" ;; esac
done
options=errors=remount-ro
# The proof that the disk does lose what was not flushed: fsync then writes to it, and never asks it to flush.
[ "$sync" = unflushed ] && options="$options,nobarrier"

# Once, for each tree, the system is written: what Node makes of our sources is kept on it.
way=ro
[ "$sync" = warm ] && way=rw
mount -o "$way" /dev/vda /app
mount -t proc proc /app/proc
mount -t devtmpfs dev /app/dev
mount -t tmpfs tmp /app/tmp
# As a board does at its start. A commit of the journal that was torn between two sectors ends in a checksum that is
# wrong, and the kernel by itself then refuses to mount.
e2fsck -p /dev/vdb || [ $? -le 1 ] || echo "bm:failed the data disk cannot be repaired"
mount -o "$options" /dev/vdb /app/data || echo "bm:failed the data disk cannot be mounted"
export NODE_COMPILE_CACHE=/cache
chroot /app /bin/node /test/powercut/guest-main.ts /data/space "$sync"
status=$?
umount /app/data /app/tmp /app/dev /app/proc /app
echo "bm:ended $status"
poweroff -f
