#!/bin/sh
# The `blockmesh` command of a board: Node, our program beside this file, and the space in the data partition.
set -eu
lib=$(dirname "$(readlink -f "$0")")
export BLOCKMESH_FOLDER="${BLOCKMESH_FOLDER:-/data/space}"
export PATH="$lib:$PATH"
command=${1-}
# The flags are those in the first line of our program.
set -- "$lib/node" @FLAGS@ "$lib/blockmesh.mjs" "$@"
# What root leaves in the folder of the space, the node could not open. Only `board` sets the board itself up.
if [ "$(id -u)" = 0 ] && [ "$command" != board ] && id blockmesh >/dev/null 2>&1; then
  exec setpriv --reuid blockmesh --regid blockmesh --init-groups -- "$@"
fi
exec "$@"
