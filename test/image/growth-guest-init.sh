#!/bin/busybox sh
# The first process of the machine that has a card: runs what a board runs before and after it mounts its data
# partition, on the partitions and with the file systems of a card. `do=reset` puts the wish to reset on it first.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in $(cat /modules/order); do insmod "/modules/$module.ko"; done
mount -o ro /dev/vda /app
for folder in proc sys dev; do mount --rbind "/$folder" "/app/$folder"; done
for folder in run card data; do mount -t tmpfs "$folder" "/app/$folder"; done
mkdir -p /app/run/blockmesh-disk
ln -s /dev/vdb /app/run/blockmesh-disk/whole
board() {
  chroot /app /usr/bin/env BM_CARD=/card "$@"
}

mount -t vfat -o ro,utf8 /dev/vdb1 /app/card || echo "bm:failed there is no FAT"
for word in $(cat /proc/cmdline); do
  if [ "$word" = do=reset ]; then
    mount -o remount,rw /app/card
    printf 'Erase everything on this board\r\n' >/app/card/RESET.TXT
    mount -o remount,ro /app/card
  fi
done
board /lib/bm/data-disk partition || echo "bm:failed data-disk partition"
[ ! -e /app/run/blockmesh-board/data-mended ] || echo "bm:mended"
mount -t ext4 -o noatime,errors=remount-ro,resuid=980 /dev/vdb3 /app/data || echo "bm:failed there is no data partition"
[ -e /app/data/kept ] && echo "bm:kept $(cat /app/data/kept)"
echo growing >/app/data/kept && sync
echo "bm:growing"
board /lib/bm/data-disk filesystem || echo "bm:failed data-disk filesystem"
cat /app/run/blockmesh-board/*-fault 2>/dev/null
echo "bm:grown $(df -m /app/data | tail -n 1 | awk '{ print $2 }')"
board BM_RUN=/run/blockmesh-board /lib/bm/board-status
echo "bm:status $(wc -c </app/card/status.txt) $(grep -c 'To be looked at\|Nothing is wrong' /app/card/status.txt)"
[ -e /app/card/reset.txt ] && echo "bm:wish"
umount /app/data /app/card
chroot /app /sbin/e2fsck -fn /dev/vdb3 >/dev/null 2>&1 || echo "bm:failed the file system is not sound"
echo "bm:ended"
poweroff -f
