#!/bin/sh
# prepare-run SPACE RUN: makes SPACE/run a link to RUN, and puts there what the pins process owns, unless it is there.
# A copy in SPACE spares the start of Node for as long as blockmesh.toml is older; the node corrects what is not so.
set -eu
space=$1 run=$2
options=$run/pins.options
kept=$space/pins.options
if [ ! -L "$space/run" ]; then
  # As `init` and `restore` leave it: a folder, perhaps with sockets of processes that have gone.
  rm -rf "$space/run"
  ln -s "$run" "$space/run"
fi
[ ! -e "$options" ] || exit 0
if [ "$kept" -nt "$space/blockmesh.toml" ]; then
  cp "$kept" "$options.new"
  mv "$options.new" "$options"
  exit 0
fi
"$(dirname "$(readlink -f "$0")")/blockmesh" pins options --folder "$space" --file
cp "$options" "$kept.new"
sync "$kept.new"
mv "$kept.new" "$kept"
