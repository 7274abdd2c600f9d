#!/bin/sh
# try-parts ROOT: founds a space with the parts in ROOT/usr/lib/blockmesh, as the users of a board, and lets a badge in.
# ROOT is the root file system of a board, of another processor too, where QEMU runs its programs; it is changed. Root.
set -eu
root=${1:?usage: try-parts ROOT}
top=$(dirname "$(readlink -f "$0")")/../..
umount_all() { umount "$root/dev" "$root/proc" 2>/dev/null || true; }
trap umount_all EXIT
mount --bind /proc "$root/proc"
mount --bind /dev "$root/dev"
cp "$top"/systemd/sysusers.d/blockmesh.conf "$root/usr/lib/sysusers.d/"
cp "$top"/systemd/tmpfiles.d/blockmesh.conf "$root/usr/lib/tmpfiles.d/"
ln -sf ../lib/blockmesh/blockmesh "$root/usr/bin/blockmesh"
rm -rf "$root/data/space" "$root/run/blockmesh"
mkdir -p "$root/data"
cat > "$root/tmp/trial.sh" <<'TRIAL'
set -eu
cd /
systemd-sysusers
systemd-tmpfiles --create blockmesh.conf
install -d -o blockmesh -g blockmesh -m 700 /data/space
cat > /data/space/blockmesh.toml <<'TOML'
[node]
name = "trial"
clock = "trusted"
[broker]
port = 28883
loopback_port = 21883
[output.strike]
chip = "virtual"
line = "strike"
[reader.side]
driver = "wiegand"
chip = "virtual"
d0 = "d0"
d1 = "d1"
format = "26-h10301"
TOML
chown blockmesh:blockmesh /data/space/blockmesh.toml
step() { echo "$(cut -d. -f1 /proc/uptime) s  $*"; }
as() { user=$1; shift; setpriv --reuid "$user" --regid "$user" --init-groups -- "$@"; }
step "$(blockmesh --version) on $(uname -m), Node $(/usr/lib/blockmesh/node --version)"
blockmesh init --name Trial --founder Ada --key-file /data/space/founder.json --node-name trial > /tmp/init.log 2>&1 || { cat /tmp/init.log; exit 1; }
step founded
as blockmesh /usr/lib/blockmesh/prepare-run /data/space /run/blockmesh
/usr/lib/blockmesh/blockmesh-pins --check --socket /run/blockmesh/pins.sock --options /run/blockmesh/pins.options
/usr/lib/blockmesh/blockmesh-evdev /dev/null 2>&1 | grep -q not_a_keyboard
/usr/lib/blockmesh/blockmesh-trees --help | grep -q 'tree of files'
/usr/lib/blockmesh/node -e 'require("/usr/lib/blockmesh/addons/epoll.node")'
setpriv --reuid blockmesh-pins --regid blockmesh-pins --init-groups -- /usr/lib/blockmesh/node /usr/lib/blockmesh/virtual-main.mjs --socket /run/blockmesh/pins.sock \
  --options /run/blockmesh/pins.options --drive /run/blockmesh/drive > /tmp/pins.log &
pins=$!
blockmesh run > /tmp/node.log 2>&1 &
node=$!
trap 'kill $pins $node 2>/dev/null || true' EXIT
until grep -q '"node running"' /tmp/node.log; do kill -0 $node || { cat /tmp/node.log; exit 1; }; sleep 1; done
step running
blockmesh door add side --reader side --output strike --bits 24
blockmesh member add Grace
blockmesh badge enrol Grace 0009362416
/usr/lib/blockmesh/node -e 'require("net").connect("/run/blockmesh/drive").end("side.wiegand 26 31db7e0\n")'
until grep -q '"output off"' /tmp/node.log; do kill -0 $node; sleep 1; done
step 'the door was open'
until blockmesh health; do [ $? = 5 ]; sleep 2; done
blockmesh backup /data/space/trial.backup --plain
grep -E 'VmRSS|VmHWM' /proc/$node/status
kill $node; wait $node
blockmesh verify
kill $pins; wait $pins
step done
TRIAL
chroot "$root" timeout 900 sh /tmp/trial.sh
