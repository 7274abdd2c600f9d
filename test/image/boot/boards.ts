import type { BoardMachine } from '../../machine/qemu-board.ts';

/** The machines of QEMU that start our images, and what is plugged into them. */

export interface ImageBoard {
  readonly name: string;
  /** The board of image/boards whose image it is. */
  readonly image: string;
  /** Words for the kernel, beside the test's own. */
  readonly words: readonly string[];
  /** The size of its card has to be a power of two. */
  readonly isCardRound: boolean;
  /** Files of the image that QEMU is started with, and where they are: published beside it, on the FAT partition, in slot A. */
  readonly firmware: readonly FirmwareFile[];
  readonly machine: (parts: MachineParts) => BoardMachine;
}

export interface FirmwareFile {
  readonly name: string;
  readonly in: 'beside' | 'fat' | 'slot';
  readonly path: string;
}

export interface MachineParts {
  /** What QEMU starts in the place of a firmware: files of `firmware`, by their names there. */
  readonly firmware: (name: string) => string;
  /** A Unix socket at which the wire of the serial reader ends. */
  readonly reader: string;
  /** The port of 127.0.0.1 that leads to SSH; null: the board has no network. */
  readonly sshPort: number | null;
  /** Further words for QEMU. */
  readonly words?: readonly string[];
}

/**
 * Its time goes by instructions, each 2 ns, so that a busy host makes a board late and not slow: limits mean what they say,
 * and times are those of one processor with 500 million instructions a second. Real boards have more.
 */
const TIME = ['-icount', 'shift=1'] as const;
/** QEMU's own hardware address is a local one: Linux takes a new one at each start then, and SSH leads nowhere. */
const USB_NET = 'usb-net,mac=40:54:00:12:34:56';
const READER = 'usb-serial,chardev=reader,always-plugged=on';

function plugged({ reader, sshPort, words = [] }: MachineParts, card: string, hub: readonly string[]) {
  const net =
    sshPort === null
      ? []
      : ['-netdev', `user,id=net,hostfwd=tcp:127.0.0.1:${sshPort}-:22222`, '-device', `${card},netdev=net`];
  const chardev = `socket,id=reader,path=${reader},server=on,wait=off`;
  return [...hub, '-chardev', chardev, '-device', READER, ...net, ...words];
}

function virt(name: string, program: BoardMachine['program'], words: readonly string[]): ImageBoard {
  return {
    name,
    image: name,
    words: [],
    isCardRound: false,
    firmware: [{ name: 'u-boot.bin', in: 'beside', path: 'u-boot.bin' }],
    machine: (parts) => ({
      program,
      arguments: [
        ...[...words, ...TIME, '-m', '512', '-bios', parts.firmware('u-boot.bin'), '-serial', 'stdio'],
        ...plugged(parts, 'virtio-net-device', ['-device', 'qemu-xhci']),
      ],
      disk: (source) => ['-drive', `if=none,id=disk,format=raw,${source}`, '-device', 'virtio-blk-device,drive=disk'],
    }),
  };
}

/**
 * A Raspberry Pi 3 without its own firmware, which QEMU does not have: U-Boot and its tree are put into memory, as the
 * firmware would. Its watchdog starts it anew as soon as it is set.
 */
const RASPI3B: ImageBoard = {
  name: 'raspi3b',
  image: 'rpi',
  words: ['console=ttyS1,115200', 'blockmesh.watchdog=off', 'systemd.watchdog_sec=0'],
  isCardRound: true,
  firmware: [
    { name: 'u-boot.bin', in: 'fat', path: 'u-boot.bin' },
    { name: 'tree.dtb', in: 'slot', path: '/boot/dtbs/broadcom/bcm2837-rpi-3-b.dtb' },
  ],
  machine: (parts) => ({
    program: 'qemu-system-aarch64',
    arguments: [
      ...['-M', 'raspi3b', ...TIME, '-kernel', parts.firmware('u-boot.bin'), '-dtb', parts.firmware('tree.dtb')],
      ...['-serial', 'null', '-serial', 'stdio', ...plugged(parts, USB_NET, [])],
    ],
    disk: (source) => ['-drive', `if=sd,format=raw,${source}`],
  }),
};

export const IMAGE_BOARDS: readonly ImageBoard[] = [
  virt('virt-arm64', 'qemu-system-aarch64', ['-M', 'virt', '-cpu', 'cortex-a72']),
  virt('virt-armhf', 'qemu-system-arm', ['-M', 'virt,highmem=off', '-cpu', 'cortex-a15']),
  RASPI3B,
];

/** @throws when there is none. */
export function imageBoard(name: string): ImageBoard {
  const board = IMAGE_BOARDS.find((one) => one.name === name);
  if (board !== undefined) return board;
  throw new Error(`BOARD=${name}: one of ${IMAGE_BOARDS.map((one) => one.name).join(', ')}`);
}
