import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { buildPins } from '../devices/pins/build.ts';
import { builtOnce, treeKey } from '../machine/built.ts';
import { compile } from '../machine/compile.ts';
import { makeInitramfs, makeSystem } from '../machine/images.ts';
import { packagesOf } from '../machine/packages.ts';
import { powerOnQemu } from '../machine/qemu.ts';
import { RELEASE } from '../machine/release.ts';
import type { Program } from '../node/program.ts';

/** Makes the machine with pins, once for each tree, and powers it on. */

const BUILD = join(RELEASE, 'build/pins-guest');
/** The kernel and busybox, unpacked by `make test-pins-parts`. */
const DEBIAN = join(BUILD, 'debian/root');
/** Lines that are simulated by the kernel, keyboards that a program types on, and the disk. */
const MODULES = ['gpio-sim', 'uinput', 'evdev', 'virtio_blk', 'ext4'];
/** Tests run in the machine as they are; who starts many files, and who reports to people, stays outside. */
const TEST_PACKAGES = ['tap', 'onoff'];
const TEST_PACKAGES_WITHOUT = ['@tapjs/run', '@tapjs/reporter', '@tapjs/typescript'];

export interface PinsMachine {
  readonly kernel: string;
  readonly initramfs: string;
  readonly system: string;
}

/** Builds the machine of this tree, unless it was built before. @throws when its parts are not there. */
export async function buildPinsMachine(tell: (what: string) => void): Promise<PinsMachine> {
  const [kernel] = globSync(join(DEBIAN, '{boot/vmlinuz-*,usr/lib/modules/*/vmlinuz}'));
  if (kernel === undefined) throw new Error('the parts of the machine are missing: run `make test-pins-parts` first');
  const files = releaseFiles();
  const own = ownPrograms();
  const key = treeKey([kernel.slice(DEBIAN.length), ...Object.values(own)].join(' '), [...files, ...makers()]);
  const machineIn = (folder: string): PinsMachine => {
    return { kernel, initramfs: join(folder, 'initramfs.cpio'), system: join(folder, 'system.img') };
  };
  const folder = await builtOnce(BUILD, key, async (draft) => {
    tell('building the machine, once for this tree');
    const machine = machineIn(draft);
    const busybox = join(DEBIAN, 'usr/bin/busybox');
    const init = join(import.meta.dirname, 'guest-init.sh');
    const first = { debian: DEBIAN, busybox, programs: [], modules: MODULES, init };
    makeInitramfs(first, join(draft, 'initramfs'), machine.initramfs);
    const packages = packagesOf(TEST_PACKAGES, TEST_PACKAGES_WITHOUT);
    const programs = { ...own, ...theirPrograms(), 'bin/sh': busybox, 'bin/sed': busybox };
    makeSystem({ files, packages, programs }, join(draft, 'system'), machine.system);
  });
  return machineIn(folder);
}

/** Powers the machine on, to run the tests of these names one after the other and to switch itself off. */
export function powerOnPins(machine: PinsMachine, tests: readonly string[]): Program {
  const { kernel, initramfs, system } = machine;
  const words = tests.map((name) => `test=${name}`);
  // A whole node with its dapps has to start within the limits of a board.
  return powerOnQemu({ kernel, initramfs, words, drives: [`file=${system},readonly=on`], instructionNsLog2: 0 });
}

/** Names in the machine, and where the program is here; the name of each says what it was built of. */
function ownPrograms(): Readonly<Record<string, string>> {
  return {
    'bin/blockmesh-pins': buildPins('gpio_v2'),
    'bin/blockmesh-evdev': compile(join(RELEASE, 'src/devices/keyboard/native/evdev.c')),
    'bin/test-keyboard': compile(join(import.meta.dirname, 'native/keyboard.c')),
    'bin/test-pulser': compile(join(import.meta.dirname, 'native/pulser.c')),
  };
}

/** Programs of this machine that the tests of a node start. */
function theirPrograms(): Readonly<Record<string, string>> {
  const find = (name: string) => execFileSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
  return Object.fromEntries(['setpriv', 'socat'].map((name) => [`bin/${name}`, find(name)]));
}

function releaseFiles(): readonly string[] {
  const patterns = ['src/**/*.*', 'dapps/**/*.*', 'test/{contract,devices,fixtures,node,pins-guest}/**/*.*'];
  return globSync([...patterns, 'package.json', 'package-lock.json'], { cwd: RELEASE }).sort();
}

function makers(): readonly string[] {
  return globSync('test/machine/*.ts', { cwd: RELEASE }).sort();
}
