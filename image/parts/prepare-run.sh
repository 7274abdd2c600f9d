#!/bin/sh
# prepare-run SPACE RUN: makes SPACE/run a link to RUN, and writes what the pins process owns, unless it is there.
set -eu
space=$1 run=$2
if [ ! -L "$space/run" ]; then
  # As `init` and `restore` leave it: a folder, perhaps with sockets of processes that have gone.
  rm -rf "$space/run"
  ln -s "$run" "$space/run"
fi
[ -e "$run/pins.options" ] || "$(dirname "$(readlink -f "$0")")/blockmesh" pins options --folder "$space" --file
