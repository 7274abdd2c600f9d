import { globSync } from 'node:fs';
import { join } from 'node:path';
import type { BoardMachine } from '../machine/qemu-board.ts';
import { RELEASE } from '../machine/release.ts';

/** The boards that QEMU has, and the packages of Debian that are needed to start one. */

export interface TestBoard {
  /** Its name in image/boards. */
  readonly name: string;
  /** The folder in which its packages are unpacked. */
  readonly debian: string;
  readonly machine: BoardMachine;
  /** Words that put a watchdog into the machine, where one is not there anyway. */
  readonly watchdog?: readonly string[];
  /** What board.env and levels.env on the FAT partition say. */
  readonly options: string;
  readonly levels?: string;
}

const PARTS = join(RELEASE, 'build/boot-test');

function virt(name: string, arch: string, program: BoardMachine['program'], words: readonly string[], uBoot: string) {
  const debian = join(PARTS, `debian-${arch}`);
  const bios = join(debian, 'root/usr/lib/u-boot', uBoot, 'u-boot.bin');
  const machine: BoardMachine = {
    program,
    arguments: [...words, '-m', '512', '-bios', bios, '-serial', 'stdio'],
    disk: (path) => ['-drive', `if=none,id=disk,format=raw,file=${path}`, '-device', 'virtio-blk-device,drive=disk'],
  };
  return { name, debian: join(debian, 'root'), machine, options: '' };
}

export const TEST_BOARDS: readonly TestBoard[] = [
  {
    ...virt('virt-arm64', 'arm64', 'qemu-system-aarch64', ['-M', 'virt', '-cpu', 'cortex-a72'], 'qemu_arm64'),
    watchdog: ['-device', 'i6300esb'],
  },
  virt('virt-armhf', 'armhf', 'qemu-system-arm', ['-M', 'virt,highmem=off', '-cpu', 'cortex-a15'], 'qemu_arm'),
  raspi(),
];

/**
 * A Raspberry Pi 3 without its own firmware, which QEMU does not have: U-Boot and its tree are put into memory, as the
 * firmware would. What needs neither USB nor the network of a Pi runs as on a virt.
 */
function raspi(): TestBoard {
  const debian = join(PARTS, 'debian-arm64/root');
  const uBoot = join(debian, 'usr/lib/u-boot/rpi_3/u-boot.bin');
  const [tree = ''] = globSync(join(debian, 'usr/lib/modules/*/dtb/broadcom/bcm2837-rpi-3-b.dtb'));
  const words = ['-M', 'raspi3b', '-kernel', uBoot, '-dtb', tree, '-serial', 'null', '-serial', 'stdio'];
  return {
    name: 'rpi',
    debian,
    machine: {
      program: 'qemu-system-aarch64',
      arguments: words,
      disk: (path) => ['-drive', `if=sd,format=raw,file=${path}`],
    },
    // Its watchdog starts it anew as soon as it is set: what needs one is left out.
    options: 'arguments=console=ttyS1,115200 blockmesh.watchdog=off\n',
    levels: 'levels_low=17 27\nlevels_high=22\n',
  };
}

/** The file that `pattern` names in a board's packages. */
export function partOf(board: TestBoard, pattern: string): string {
  const [path] = globSync(join(board.debian, pattern));
  if (path === undefined) throw new Error(`${pattern} is missing: run \`make boot-test-parts\` first`);
  return path;
}
