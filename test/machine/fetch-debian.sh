#!/bin/bash
# [ARCH=amd64] fetch-debian.sh FOLDER SUITE[,SUITE...] PACKAGE...
#
# Unpacks packages of suites of Debian that this machine itself does not follow, and for the processor ARCH, into
# FOLDER/root; nothing is installed.
# apt gets a configuration, state and cache of its own in FOLDER. Where it fetches from, and whose signature it believes,
# is read from this machine's own sources. A package given as `PACKAGE/PATTERN` is a metapackage: what it depends on is
# fetched in its place, over any number of steps, as far as the names match the extended regular expression PATTERN.
set -euo pipefail
arch=${ARCH:-amd64}
folder=$(mkdir -p "$1" && cd "$1" && pwd)
suites=${2//,/ }
shift 2

fail() {
  echo "$1" >&2
  echo "$2" >&2
  exit 1
}

command -v apt-get >/dev/null || fail "no apt-get: packages of Debian can only be fetched on a Debian-like machine" \
  "run this on Debian, or in a container of it"

# The archive that has this machine's own release: not that of its security updates, and no other vendor's.
repository=$(apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' |
  sed -nE 's/^(Debian|\$\(LABEL\)) //p' | grep -v -- '-security' | head -n 1 || true)
[ -n "$repository" ] || fail "the sources of apt name no archive of Debian: nothing can be fetched" \
  "name one in /etc/apt/sources.list.d, then run apt-get update as root"
keyring=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
  sed -nE 's/^Signed-By: *(\/[^ ]+) *$/\1/p; s/^deb .*signed-by=(\/[^], ]+).*$/\1/p' | grep debian | head -n 1 || true)
[ -n "$keyring" ] || keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r "$keyring" ] || fail "no keyring of Debian's archive: $keyring cannot be read" \
  "install the package debian-archive-keyring, as root"

rm -rf "$folder/root" "$folder/packages"
mkdir -p "$folder"/{root,packages,etc/apt.conf.d,etc/preferences.d,state/lists/partial,cache/archives/partial}
touch "$folder/state/status"
for suite in $suites; do
  echo "deb [arch=$arch signed-by=$keyring] $repository $suite main"
done >"$folder/etc/sources.list"
# Its proxies are this machine's own: only where apt looks for sources, lists and packages is another.
options=(-o "Dir::Etc::sourcelist=$folder/etc/sources.list" -o Dir::Etc::sourceparts=/dev/null
  -o "Dir::Etc::preferencesparts=$folder/etc/preferences.d" -o Dir::Etc::preferences=/dev/null
  -o "Dir::State=$folder/state" -o "Dir::State::status=$folder/state/status" -o "Dir::Cache=$folder/cache"
  -o "APT::Architecture=$arch" -o "APT::Architectures=$arch" -o APT::Sandbox::User=root -o Acquire::Languages=none -o APT::Get::List-Cleanup=false)

echo "fetching the lists of ${suites// / and }"
apt-get "${options[@]}" update -q -q -o APT::Update::Error-Mode=any || fail \
  "the lists of ${suites// / and } could not be fetched from the archive of this machine's own apt sources" \
  "see whether 'apt-get update' works; an archive that lacks these suites has to be replaced by a whole one"

dependencies() {
  apt-cache "${options[@]}" show --no-all-versions "$1" 2>/dev/null | sed -nE 's/^(Pre-)?Depends: //p' |
    tr ',|' '\n\n' | sed -E 's/^ *//; s/[ (:].*$//' | grep -xE "$2" || true
}
# The newest that any of the suites has: by itself apt would never take one of backports.
cat >"$folder/etc/preferences.d/newest" <<END
Package: *
Pin: release n=*
Pin-Priority: 500
END

wanted=()
for word in "$@"; do
  if [ "${word#*/}" = "$word" ]; then
    wanted+=("$word")
    continue
  fi
  found=()
  queue=("${word%%/*}")
  while [ ${#queue[@]} -gt 0 ]; do
    for name in $(dependencies "${queue[0]}" "${word#*/}"); do
      [[ " ${found[*]} " == *" $name "* ]] || { found+=("$name") && queue+=("$name"); }
    done
    queue=("${queue[@]:1}")
  done
  [ ${#found[@]} -gt 0 ] || fail "$suites: ${word%%/*} is not there, or depends on nothing like ${word#*/}" \
    "look at 'apt-cache show ${word%%/*}' on a machine with these suites: its packages may have been cut in another way"
  wanted+=("${found[@]}")
done

echo "fetching ${wanted[*]}"
cd "$folder/packages"
apt-get "${options[@]}" download -q "${wanted[@]}" || fail "not all of these could be fetched: ${wanted[*]}" \
  "an archive may be changing just now: wait a minute and run this again"
for package in *.deb; do dpkg-deb -x "$package" "$folder/root" && rm "$package"; done
# Nothing runs by its documents, and their links lead outside.
rm -rf "$folder/root/usr/share"
