#!/bin/sh
# What a test puts beside a board: wires, and somebody who looks at them. It lies on the FAT partition, and systemd runs
# it because words of the kernel say so, which whoever holds the card may write; README.md. The image knows nothing of it.
#
#   setup          makes a chip `kit` of the kernel's gpio-sim, whose outputs are pulled to where their loads are on,
#                  has the kernel write down every level that anybody drives, and starts `watch`
#   base           the number of its first line among all lines of the kernel
#   watch          says on the console when the node is healthy, and each change of the strikes
#   level N        what line N is at: 0 or 1
#   pull N up|down
#   wait N LEVEL   until line N is at that level, or fails after a while
#   wiegand BITS   a card at the reader on d0 and d1
set -u

CHIP=/sys/kernel/config/gpio-sim/kit
TRACING=/sys/kernel/tracing
LINES='front side d0 d1 exit'
WAIT_S_MAX=300

say() {
  echo "bm:$*" >/dev/console
}

uptime_s() {
  read -r seconds _ </proc/uptime
  echo "${seconds%.*}"
}

level() {
  read -r value <"/run/kit/sim_gpio$1/value"
}

pull() {
  echo "pull-$2" >"/run/kit/sim_gpio$1/pull"
}

setup() {
  modprobe configfs
  modprobe gpio-sim
  mountpoint -q /sys/kernel/config || mount -t configfs none /sys/kernel/config
  mountpoint -q $TRACING || mount -t tracefs none $TRACING
  mkdir $CHIP $CHIP/bank
  echo kit >$CHIP/bank/label
  offset=0
  for name in $LINES; do
    mkdir $CHIP/bank/line$offset
    echo "$name" >$CHIP/bank/line$offset/name
    offset=$((offset + 1))
  done
  echo $offset >$CHIP/bank/num_lines
  echo 1 >$CHIP/live
  ln -sfn "/sys/devices/platform/$(cat $CHIP/dev_name)/$(cat $CHIP/bank/chip_name)" /run/kit
  for offset in 0 1 2 3 4; do pull $offset up; done
  echo mono >$TRACING/trace_clock
  echo 1 >$TRACING/events/gpio/gpio_value/enable
  # Beside it, for a unit of its own would make the kernel's words too many.
  systemd-run --quiet --no-block --unit kit-watch sh "$0" watch
  say 'kit ready'
}

# By name, for sysfs numbers every line of the kernel.
base() {
  for chip in /sys/class/gpio/gpiochip*; do
    [ "$(cat "$chip/label" 2>/dev/null)" != kit ] || echo "${chip##*gpiochip}"
  done
}

watch() {
  state='' front='' side=''
  while :; do
    if [ "$state" != active ]; then
      state=$(systemctl is-active blockmesh-node.service)
      [ "$state" != active ] || say node active
    fi
    level 0
    [ "$value" = "$front" ] || say front "$value"
    front=$value
    level 1
    [ "$value" = "$side" ] || say side "$value"
    side=$value
    sleep 0.5
  done
}

wait_for() {
  end=$(($(uptime_s) + WAIT_S_MAX))
  until level "$1" && [ "$value" = "$2" ]; do
    [ "$(uptime_s)" -lt $end ] || exit 1
    sleep 0.1
  done
}

# Pulses are as far apart as a reader's, some milliseconds: the kernel tells of each edge by a thread, and where QEMU runs
# four processors in turn, a second edge within half a millisecond comes before that thread.
wiegand() {
  bits=$1
  while [ -n "$bits" ]; do
    rest=${bits#?}
    line=/run/kit/sim_gpio$((2 + ${bits%"$rest"}))/pull
    echo pull-down >$line
    echo pull-up >$line
    sleep 0.002
    bits=$rest
  done
}

case "$1" in
  setup) setup ;;
  base) base ;;
  watch) watch ;;
  level) level "$2" && echo "$value" ;;
  pull) pull "$2" "$3" ;;
  wait) wait_for "$2" "$3" ;;
  wiegand) wiegand "$2" ;;
  *) exit 2 ;;
esac
