#!/bin/bash
# Makes a folder with all that a tree of files can have, as far as this user may. Run in an empty folder.
set -eu
printf 'not UTF-8' > $'na\xefve'
printf 'newline' > $'two\nlines'
printf 'first' > ' leading and trailing '
: > empty
head -c 16384 /dev/urandom > inline-limit
head -c 16385 /dev/urandom > inline-limit-and-one
head -c 3000000 /dev/urandom > large
mkdir -p links/inner dirs
ln large links/inner/large-again
ln large a-first-name-of-large
ln -s nowhere dangling
ln -s ../large links/relative
ln -s /etc/passwd links/absolute
ln -s $'na\xefve' links/to-odd-name
mkfifo fifo
mkdir dirs/sticky dirs/empty dirs/setgid
chmod 1777 dirs/sticky
chmod 2755 dirs/setgid
cp large setuid && chmod 4755 setuid
printf secret > mode-0000 && chmod 0000 mode-0000
setfattr -n user.note -v 'a value' large
setfattr -n user.binary -v 0x0001ff0a large
setfattr -n user.empty large
setfattr -n user.of-a-directory -v yes dirs
setfacl -m u:1234:r empty
setfacl -d -m u:1234:rwx dirs/empty
truncate -s 1G sparse
for at in 0 300000 1073741823; do printf 'island' | dd of=sparse bs=1 seek=$at conv=notrunc status=none; done
truncate -s 1M all-hole
truncate -s 5001 short-hole
deep=$(printf 'level/%.0s' {1..200})
mkdir -p "deep/$deep" && printf 'bottom' > "deep/${deep}file"
mkdir many && (cd many && for at in {1..5000}; do printf '%s' "$at" > "file-$at"; done)
if [ "$(id -u)" = 0 ]; then
  mknod null c 1 3
  mknod loop b 7 250
  chown 1234:4321 empty
  chown -h 1234:4321 dangling
  cp large capable && setcap cap_net_raw=ep capable
  setfattr -n trusted.note -v hidden large
  ln null null-again
fi
touch -d '1955-11-05 06:15:00.123456789Z' ' leading and trailing '
touch -h -d '2001-02-03 04:05:06.000000001Z' dangling
touch -d '2030-01-01 00:00:00.999999999Z' dirs/sticky
touch -d '1969-12-31 23:59:59.5Z' many deep fifo
