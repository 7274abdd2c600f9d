# blockmesh: what can be made here. `make help` lists it.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash

# Our own Node comes first, whatever the system has.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

NODE_CPU := $(if $(filter aarch64,$(shell uname -m)),arm64,x64)
NODE_STAMP := node_modules/.package-lock.json
TAP_STAMP := build/tap.stamp
VERSION := $(shell sed -nE 's/^  "version": "(.*)",$$/\1/p' package.json)
PINS := src/devices/pins/native
PINS_SOURCES := $(wildcard $(PINS)/*.c)
PINS_HEADERS := $(wildcard $(PINS)/*.h $(PINS)/backend/*/*.h)
PINS_V2 := $(wildcard $(PINS)/backend/gpio_v2/*.c)
PINS_SIM := $(wildcard $(PINS)/backend/gpio_sim/*.c)
EVDEV := src/devices/keyboard/native/evdev.c
TREES := src/trees/native
TREES_SOURCES := $(wildcard $(TREES)/*.c)
TREES_HEADERS := $(wildcard $(TREES)/*.h)
CFLAGS ?= -O2
OUR_CFLAGS := -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror
PINS_CFLAGS := $(OUR_CFLAGS) -DPINS_VERSION='"$(VERSION)"'

# Debian packages beside npm, make and a compiler: socat is the line of a virtual reader; openssl makes the broker's
# certificates; strace counts syncs in tests; python3 runs decoders of frames that share nothing with ours; mosquitto's
# clients talk to the broker in tests; bmaptool writes cards as people do, and mkfs and its like make what is on them;
# bsdtar is the other tar; rsync compares trees of files, and attr, acl and libcap set what it compares.
RUN_PROGRAMS := socat openssl
# Backups are measured against others', of two root filesystems that are made for it.
BENCH_PROGRAMS := restic borg:borgbackup casync /usr/bin/time:time mmdebstrap \
  /usr/share/keyrings/debian-archive-keyring.gpg:debian-archive-keyring
# The template engine of Home Assistant: tests read what is sent to it as it does.
JINJA := /usr/lib/python3/dist-packages/jinja2/__init__.py
TEST_PROGRAMS := socat openssl strace setpriv:util-linux python3:python3 mosquitto_pub:mosquitto-clients \
  $(JINJA):python3-jinja2 systemd-analyze:systemd bmaptool:bmap-tools sfdisk:fdisk mkfs.vfat:dosfstools mcopy:mtools \
  mke2fs:e2fsprogs bsdtar:libarchive-tools rsync setfattr:attr setfacl:acl setcap:libcap2-bin
# program:package. The machine whose power is cut has an x86-64 processor, and our Node for it.
POWERCUT_PROGRAMS := qemu-system-x86_64:qemu-system-x86 cpio mke2fs:e2fsprogs setpriv:util-linux
POWERCUT_DEBIAN := build/powercut/debian
POWERCUT_UNPACKED := $(POWERCUT_DEBIAN)/sbin/e2fsck.static
# The machine with pins has a kernel that simulates lines, which that of stable does not yet.
GUEST_DEBIAN := build/pins-guest/debian
GUEST_UNPACKED := $(GUEST_DEBIAN)/unpacked.stamp
GUEST_KERNEL := linux-image-amd64/linux-(image|binary|modules)-.*
# Boards that U-Boot starts from a card: kernels, U-Boot and a static busybox of each architecture.
BOOT_PROGRAMS := qemu-system-aarch64:qemu-system-arm mkimage:u-boot-tools mkfs.vfat:dosfstools mcopy:mtools \
  sfdisk:fdisk debugfs:e2fsprogs xz:xz-utils dtc:device-tree-compiler \
  setpriv:util-linux
BOOT_DEBIAN := build/boot-test/debian
BOOT_KERNEL = linux-image-$(1)/linux-(image|binary|modules|base)-[0-9].*
# What an image is made with. The emulator runs the scripts of foreign packages.
IMAGE_PROGRAMS := mmdebstrap qemu-aarch64-static:qemu-user-static update-binfmts:binfmt-support mkimage:u-boot-tools \
  mkfs.vfat:dosfstools mcopy:mtools mke2fs:e2fsprogs sfdisk:fdisk zstd xz:xz-utils depmod:kmod systemctl:systemd \
  git dtc:device-tree-compiler /usr/share/keyrings/debian-archive-keyring.gpg:debian-archive-keyring
# Two builds at once would take each other's half results away: the second waits.
BUILD_IMAGE := mkdir -p build/image && flock build/image/lock node image/build-main.ts
# Chunks are cut by Node for arm64, too: the emulator of single programs, and what such a Node is linked to.
CUTS_PROGRAMS := qemu-aarch64-static:qemu-user-static
ARM64_LIBRARIES := build/arm64-libraries
EPOLL := node_modules/epoll/build/Release/epoll.node
ifeq ($(NODE_CPU),x64)
MACHINE_PARTS := powercut-parts test-pins-parts
endif
MACHINE_PARTS += boot-test-parts chunks-cuts-parts
# An image is built by root alone; before the tests, for without a base from an earlier build it takes long.
ifeq ($(shell id -u),0)
MACHINE_PARTS += image-test-parts image-built
endif

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# What Node makes of our sources is kept, so that a process neither loads the stripper of types nor its 25 MB.
run test bench bench-backups soak broker-load chunks-cuts damage kills chunks-crash chunks-rot dapps-histories: export NODE_COMPILE_CACHE := $(CURDIR)/build/compile-cache

.PHONY: run
run: $(NODE_STAMP) run-programs build/blockmesh-trees ## set everything up and run a demo space with a virtual door
	@npx --no-install blockmesh demo

.PHONY: test
test: $(NODE_STAMP) test-programs $(MACHINE_PARTS) $(TAP_STAMP) build/blockmesh-pins build/blockmesh-pins-sim build/blockmesh-trees check ## set everything up and run every test
	@mkdir -p build && rm -f build/test.tap
	npx tap --reporter=terse --output-file=build/test.tap $(TESTS)

.PHONY: check
check: $(NODE_STAMP) ## types, format and lint (the house rules are part of the tests: test/tidy)
	npm run --silent check

.PHONY: bench
bench: $(NODE_STAMP) run-programs build/blockmesh-pins-sim build/blockmesh-trees ## measure against the budgets, into build/bench.json (ONLY=name for one; FULL=1: long histories and large stores, too)
	$(call need,$(BENCH_PROGRAMS))
	@node test/bench/bench-main.ts

.PHONY: bench-backups
bench-backups: $(NODE_STAMP) build/blockmesh-trees ## backups of five kinds of files against restic, borg and casync, into build/bench-backups.txt (ONLY=corpus)
	$(call need,$(BENCH_PROGRAMS))
	@ONLY='$(ONLY)' node test/bench/backups/backups-main.ts

.PHONY: powercut
powercut: $(NODE_STAMP) powercut-parts ## cut the power of an emulated board until there were N=50 cuts, into build/powercut.jsonl (SEED=, SYNC=off: must fail)
	@N=$(N) SEED=$(SEED) SYNC=$(SYNC) node test/powercut/powercut-main.ts

.PHONY: test-pins
test-pins: $(NODE_STAMP) test-pins-parts $(TAP_STAMP) ## pins, keyboards and a whole node on lines of a real kernel, in an emulated machine
	npx tap --reporter=base test/pins-guest/*.test.ts

.PHONY: boot-test
boot-test: $(NODE_STAMP) boot-test-parts $(BOOT_DEBIAN)-armhf/unpacked.stamp ## boards started by U-Boot from cards that were damaged, into build/boot-test.jsonl (BOARD= ONLY=), resumed
	@BOARD='$(BOARD)' ONLY='$(ONLY)' node test/image/boot-main.ts

.PHONY: image
image: export BOARD ?= virt-arm64
image: $(NODE_STAMP) ## the image of a board in build/image, as root (BOARD=rpi, beaglebone, virt-arm64 or virt-armhf; RELEASE=, UPDATE=1)
	@[ "$$(id -u)" = 0 ] || node image/build-main.ts --board $(BOARD)
	$(call need,$(IMAGE_PROGRAMS))
	@$(BUILD_IMAGE) --board $(BOARD) $(if $(RELEASE),--version $(RELEASE)) $(if $(UPDATE),--update) $(if $(KEEP_SIZES),--keep-sizes)

.PHONY: image-twice
image-twice: $(NODE_STAMP) ## build a board's image twice, sharing nothing, and compare every byte (BOARD=virt-arm64, BASE=keep: not the base)
	$(call need,$(IMAGE_PROGRAMS))
	@BOARD='$(BOARD)' BASE='$(BASE)' node test/image/twice-main.ts

# What starts the image as it is published in QEMU, from a card on which a test has put a key for SSH and its wires.
IMAGE_TEST_PROGRAMS := qemu-system-aarch64:qemu-system-arm mcopy:mtools debugfs:e2fsprogs fsck.vfat:dosfstools zstd \
  ssh:openssh-client setpriv:util-linux
.PHONY: image-test image-variants image-powercut image-figures
image-test: $(NODE_STAMP) image-test-parts ## a board's image from a new card to doors that open, and through crashes (BOARD=virt-arm64, virt-armhf, raspi3b)
	@BOARD='$(BOARD)' node test/image/boot/image-test-main.ts

image-variants: $(NODE_STAMP) image-test-parts ## first starts without network or clock, with broken files and full cards (BOARD= ONLY=)
	@BOARD='$(BOARD)' ONLY='$(ONLY)' node test/image/boot/image-variants-main.ts

image-powercut: $(NODE_STAMP) image-test-parts ## cut the power of the image N=20 times, into build/image-powercut.jsonl (PHASE=first-boot or daily, BOARD= SEED=)
	@BOARD='$(BOARD)' N=$(N) PHASE=$(PHASE) SEED=$(SEED) node test/image/boot/image-powercut-main.ts

image-figures: $(NODE_STAMP) image-test-parts ## memory and processor of each process on a board, and how long it starts (BOARD=)
	@BOARD='$(BOARD)' node test/image/boot/image-figures-main.ts

.PHONY: image-built image-test-parts
image-built: $(NODE_STAMP)
	$(call need,$(IMAGE_PROGRAMS))
	@$(BUILD_IMAGE) --board virt-arm64
image-test-parts:
	$(call need,$(IMAGE_TEST_PROGRAMS))

.PHONY: image-clean
image-clean: ## remove images, and what their build keeps
	rm -rf build/image build/image-twice build/image-test

.PHONY: chunks-cuts
chunks-cuts: $(NODE_STAMP) chunks-cuts-parts ## MIB=1024 of mixed data are cut alike by both engines, 64 of them on an emulated arm64
	@node test/format/chunkers/cuts-main.ts

.PHONY: kills
kills: $(NODE_STAMP) test-programs $(TAP_STAMP) ## kill the node under load until there were N=200 kills, into build/kills.jsonl (SEED=)
	@N=$(N) SEED=$(SEED) node test/node/kills-main.ts

.PHONY: chunks-crash
chunks-crash: $(NODE_STAMP) build/blockmesh-trees ## kill chunk stores and restores, race for them and fill disks, N=200 times, into build/chunks-crash (SEED=, as root)
	@N=$(N) SEED=$(SEED) node test/store/chunks/crash-main.ts

.PHONY: chunks-rot
chunks-rot: $(NODE_STAMP) ## damage a chunk store in N=1000 places, one at a time: bits, pages, rows that lie (SEED=)
	@N=$(N) SEED=$(SEED) node test/store/chunks/rot-main.ts

.PHONY: dapps
dapps: $(NODE_STAMP) ## bundle the dapps, one file a program and engine, into build/dapps
	@node src/sandbox/bundle-main.ts --out build/dapps $(patsubst %/dapp.json,%,$(wildcard dapps/*/dapp.json))

.PHONY: dapps-histories
dapps-histories: export N ?= 10000
dapps-histories: export SEED ?= 1
dapps-histories: $(NODE_STAMP) ## the dapps answer the same in Node and in QuickJS: N random histories (SEED=1), resumed
	@node test/dapps/quickjs/histories-main.ts

.PHONY: soak
soak: $(NODE_STAMP) run-programs build/blockmesh-pins-sim ## a whole node under badges, samples into build/soak.jsonl (MINUTES=60 RATE=50 MEMBERS=1000)
	@node test/bench/soak-main.ts

.PHONY: broker-load
broker-load: $(NODE_STAMP) run-programs ## devices at the broker, 1,000 messages/s, badges meanwhile, into build/broker-load.jsonl (MINUTES=10 DEVICES=500)
	@MINUTES=$(MINUTES) DEVICES=$(DEVICES) RATE=$(RATE) node test/bench/broker-load-main.ts

.PHONY: damage
damage: $(NODE_STAMP) ## flip bits of a ledger's file, one at a time, results into build/damage.jsonl (N=1000 SEED=1)
	@node test/node/damage-main.ts

.PHONY: pins
pins: build/blockmesh-pins ## build the process that owns the lines of outputs and inputs

.PHONY: trees
trees: build/blockmesh-trees ## build the helper that reads and writes trees of files for snapshots

.PHONY: evdev
evdev: build/blockmesh-evdev ## build the helper that takes a USB badge reader away from the console

# What C is built with for a board: nothing of this machine's paths in it, and times of 64 bits on every processor.
BOARD_CFLAGS := -O2 -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE -pie \
  -Wl,-z,relro,-z,now -s
CROSS_arm64 := aarch64-linux-gnu-
CROSS_armhf := arm-linux-gnueabihf-
CROSS_PROGRAMS_arm64 := aarch64-linux-gnu-gcc:gcc-aarch64-linux-gnu aarch64-linux-gnu-g++:g++-aarch64-linux-gnu
CROSS_PROGRAMS_armhf := arm-linux-gnueabihf-gcc:gcc-arm-linux-gnueabihf arm-linux-gnueabihf-g++:g++-arm-linux-gnueabihf

.PHONY: board-parts
board-parts: ARCH ?= arm64
board-parts: $(NODE_STAMP) ## what a board has in /usr/lib/blockmesh, in build/board/ARCH (ARCH=arm64, armhf or x64)
	$(call need,$(CROSS_PROGRAMS_$(ARCH)) g++ python3 make)
	@$(MAKE) --no-print-directory $(addprefix build/board/native/$(ARCH)/blockmesh-,pins evdev trees)
	@node image/parts/parts-main.ts --arch $(ARCH)

build/board/native/%/blockmesh-pins: $(PINS_SOURCES) $(PINS_V2) $(PINS_HEADERS)
	@mkdir -p $(@D)
	$(CROSS_$*)gcc $(BOARD_CFLAGS) $(PINS_CFLAGS) $(PINS_SOURCES) $(PINS_V2) -o $@

build/board/native/%/blockmesh-evdev: $(EVDEV)
	@mkdir -p $(@D)
	$(CROSS_$*)gcc $(BOARD_CFLAGS) $(OUR_CFLAGS) $(EVDEV) -o $@

build/board/native/%/blockmesh-trees: $(TREES_SOURCES) $(TREES_HEADERS)
	@mkdir -p $(@D)
	$(CROSS_$*)gcc $(BOARD_CFLAGS) $(OUR_CFLAGS) $(TREES_SOURCES) -o $@

.PHONY: format
format: $(NODE_STAMP) ## format the sources
	npm run --silent format

.PHONY: tidy-update
tidy-update: $(NODE_STAMP) ## tighten the ratchet of test/tidy to what the tree is now
	node test/tidy/update-main.ts

.PHONY: clean
clean: ## remove what was built, the demo space included
	rm -rf build .tap

$(NODE_STAMP): package.json package-lock.json
	npm ci
	@# npm 9 leaves the link to node out, because the Node of another processor would have the same name.
	@[ -e node_modules/.bin/node ] || ln -s ../node-linux-$(NODE_CPU)/bin/node node_modules/.bin/node
	@# Biome is taken without its launcher: that names every platform, and npm 11 refuses a lock file that lacks one.
	@ln -sf ../@biomejs/cli-linux-$(NODE_CPU)/biome node_modules/.bin/biome
	@node_modules/.bin/node --version >/dev/null || { echo "no Node 24 for this processor: $$(uname -m)" >&2; exit 1; }
	@touch $@

$(TAP_STAMP): $(NODE_STAMP)
	@mkdir -p build
	npx tap build
	@touch $@

build/blockmesh-pins: $(PINS_SOURCES) $(PINS_V2) $(PINS_HEADERS)
	@mkdir -p build
	$(CC) $(CFLAGS) $(PINS_CFLAGS) $(PINS_SOURCES) $(PINS_V2) -o $@

build/blockmesh-pins-sim: $(PINS_SOURCES) $(PINS_SIM) $(PINS_HEADERS)
	@mkdir -p build
	$(CC) $(CFLAGS) $(PINS_CFLAGS) $(PINS_SOURCES) $(PINS_SIM) -o $@

build/blockmesh-evdev: $(EVDEV)
	@mkdir -p build
	$(CC) $(CFLAGS) $(OUR_CFLAGS) $(EVDEV) -o $@

build/blockmesh-trees: $(TREES_SOURCES) $(TREES_HEADERS)
	@mkdir -p build
	$(CC) $(CFLAGS) -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 $(OUR_CFLAGS) $(TREES_SOURCES) -o $@

# Installs what is missing of `program` or `program:package`, where a program may be the path of a file, or says what to install.
define need
	@missing=(); for pair in $(1); do \
	  PATH="$$PATH:/usr/sbin:/sbin" command -v $${pair%:*} >/dev/null || [ -e $${pair%:*} ] || missing+=($${pair#*:}); done; \
	if [ $${#missing[@]} -eq 0 ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "installing $${missing[*]}"; \
	  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$${missing[@]}"; \
	else echo "install these first, as root: apt-get install $${missing[*]}" >&2; exit 1; fi
endef

.PHONY: run-programs test-programs
run-programs:
	$(call need,$(RUN_PROGRAMS))
test-programs:
	$(call need,$(TEST_PROGRAMS))

# Debian's kernel for virtual machines, its static busybox and its static e2fsck, unpacked and not installed.
.PHONY: powercut-parts
powercut-parts: $(POWERCUT_UNPACKED)
	$(call need,$(POWERCUT_PROGRAMS))

# A kernel of trixie-backports and a static busybox, unpacked and not installed; and the addon that onoff needs.
.PHONY: test-pins-parts
test-pins-parts: $(GUEST_UNPACKED) $(EPOLL)
	$(call need,$(POWERCUT_PROGRAMS) $(RUN_PROGRAMS))

$(GUEST_UNPACKED): test/machine/fetch-debian.sh
	@test/machine/fetch-debian.sh $(GUEST_DEBIAN) trixie,trixie-backports '$(GUEST_KERNEL)' busybox-static
	@touch $@

.PHONY: boot-test-parts
boot-test-parts: $(BOOT_DEBIAN)-arm64/unpacked.stamp
	$(call need,$(BOOT_PROGRAMS))

$(BOOT_DEBIAN)-arm64/unpacked.stamp: test/machine/fetch-debian.sh
	@ARCH=arm64 test/machine/fetch-debian.sh $(@D) trixie,trixie-backports '$(call BOOT_KERNEL,arm64)' \
	  busybox-static u-boot-qemu u-boot-rpi
	@touch $@

$(BOOT_DEBIAN)-armhf/unpacked.stamp: test/machine/fetch-debian.sh
	@ARCH=armhf test/machine/fetch-debian.sh $(@D) forky '$(call BOOT_KERNEL,armmp)' busybox-static u-boot-qemu u-boot-omap
	@touch $@

.PHONY: chunks-cuts-parts
chunks-cuts-parts: $(ARM64_LIBRARIES)/unpacked.stamp
	$(call need,$(CUTS_PROGRAMS))

$(ARM64_LIBRARIES)/unpacked.stamp: test/machine/fetch-debian.sh
	@ARCH=arm64 test/machine/fetch-debian.sh $(@D) trixie libc6 libgcc-s1 libstdc++6
	@# Where the loader of programs is looked for.
	@ln -s usr/lib $(@D)/root/lib
	@touch $@

.PHONY: onoff
onoff: $(EPOLL) ## build the addon that pins need where a kernel offers only sysfs

# A machine's own npm may be told of the headers of another Node.
$(EPOLL): $(NODE_STAMP)
	npm rebuild epoll --ignore-scripts=false --nodedir=$(CURDIR)/node_modules/node-linux-$(NODE_CPU)
	@touch $@

KERNEL_PACKAGE = apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -nE 's/^ *Depends: (linux-image-\S+)$$/\1/p'
$(POWERCUT_UNPACKED):
	@rm -rf $(POWERCUT_DEBIAN) && mkdir -p $(POWERCUT_DEBIAN)
	@[ -n "$$($(KERNEL_PACKAGE))" ] || [ "$$(id -u)" != 0 ] || apt-get update -q
	@kernel="$$($(KERNEL_PACKAGE) | head -n 1)"; \
	[ -n "$$kernel" ] || { echo "no kernel to be had: run apt-get update first, as root, on a Debian for amd64" >&2; exit 1; }; \
	echo "fetching $$kernel, busybox-static and e2fsck-static"; cd $(POWERCUT_DEBIAN) && \
	apt-get -o APT::Sandbox::User=root download -q "$$kernel" busybox-static e2fsck-static && \
	for package in *.deb; do dpkg-deb -x "$$package" . && rm "$$package"; done
	@touch $@
