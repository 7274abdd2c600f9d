#!/bin/busybox sh
# The first process of the machine with pins: mounts what there is and runs one test after the other, nothing else.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in $(cat /modules/order); do insmod "/modules/$module.ko"; done
mount -t configfs config /sys/kernel/config
mount -t tracefs trace /sys/kernel/tracing
ip link set lo up

mount -o ro /dev/vda /app
mount -t proc proc /app/proc
mount --rbind /sys /app/sys
mount --rbind /dev /app/dev
mkdir -p /app/dev/pts
mount -t devpts devpts /app/dev/pts
mount -t tmpfs tmp /app/tmp
mount -t tmpfs cache /app/cache
export NODE_COMPILE_CACHE=/cache HOME=/tmp PATH=/bin TAP_TIMEOUT=900
for word in $(cat /proc/cmdline); do
  case "$word" in
    test=*)
      name="${word#test=}"
      echo "bm:begin $name"
      chroot /app /bin/node "/test/pins-guest/guest-$name.ts" 2>&1
      echo "bm:end $name $?"
      ;;
  esac
done
poweroff -f
