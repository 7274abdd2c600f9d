import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { BOOT_BOARDS, type BootBoard } from '../../image/boot/boards.ts';
import { fillFat } from '../../image/boot/fat-files.ts';
import { fillSlotBoot } from '../../image/boot/slot-boot.ts';
import { encodeSlotState } from '../../image/boot/slot-state.ts';
import { makeInitramfs } from '../../image/initramfs/initramfs.ts';
import { makeImage } from '../machine/images.ts';
import { RELEASE } from '../machine/release.ts';
import { partOf, type TestBoard } from './boot-boards.ts';

/** A card as ours are, with two slots that hold nothing but what starts them. */

const EPOCH_S = 1_700_000_000;
const SLOT_BYTES = 128 * 1024 * 1024;
const FAT_BYTES = 128 * 1024 * 1024;
/** What its first process and slot-state need. */
const COMMANDS = [
  ...[
    'sh',
    'cat',
    'cmp',
    'cut',
    'dd',
    'dmesg',

    'grep',
    'gzip',
    'head',
    'mktemp',
    'od',
    'poweroff',
    'readlink',
  ],
  ...['reboot', 'rm', 'sed', 'sleep', 'stty', 'sync', 'tail', 'touch', 'tr', 'wc'],
];
const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;
const run = (program: string, args: readonly string[]) =>
  execFileSync(program, args, { env: { ...process.env, PATH }, stdio: ['ignore', 'pipe', 'pipe'] });

function bootBoard(name: string): BootBoard {
  const board = BOOT_BOARDS[name];
  if (board === undefined) throw new Error(`image/boot/boards.ts has no board ${name}`);
  return board;
}

/** Where each part of a card begins, in bytes. */
export const STARTS = { boot: 8192 * 512, state: 272384 * 512, slotA: 276480 * 512, slotB: 1851392 * 512 } as const;

/** Makes the disk `image`, whose slots are both good; `folder` is scratch. */
export function makeBootDisk(test: TestBoard, folder: string, image: string): void {
  const board = bootBoard(test.name);
  mkdirSync(folder, { recursive: true });
  const [fat, state, slot] = ['fat.img', 'state.img', 'slot.img'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  makeSlot(test, board, folder, slot);
  makeFat(test, board, folder, fat);
  writeFileSync(state, encodeSlotState());
  writeFileSync(image, '');
  truncateSync(image, DISK_BYTES);
  execFileSync('sfdisk', ['-q', '--no-reread', '--no-tell-kernel', image], {
    env: { ...process.env, PATH },
    input: TABLE,
  });
  for (const [content, at] of [
    [fat, STARTS.boot],
    [state, STARTS.state],
    [slot, STARTS.slotA],
    [slot, STARTS.slotB],
  ] as const) {
    layInto(image, content, at);
  }
  rmSync(folder, { recursive: true });
}

function makeSlot(test: TestBoard, board: BootBoard, folder: string, image: string): void {
  const root = join(folder, 'root');
  for (const name of ['bin', 'sbin', 'dev', 'proc', 'sys', 'run', 'etc', 'usr/lib/blockmesh']) {
    mkdirSync(join(root, name), { recursive: true });
  }
  const busybox = partOf(test, 'usr/bin/busybox');
  copyFileSync(busybox, join(root, 'bin/busybox'));
  cpSync(join(import.meta.dirname, 'boot-root/init'), join(root, 'sbin/init'));
  cpSync(join(RELEASE, 'image/rootfs/usr/lib/blockmesh/slot-state'), join(root, 'usr/lib/blockmesh/slot-state'));
  // One process runs there at a time: nobody has to wait for another.
  writeFileSync(join(root, 'bin/flock'), '#!/bin/sh\nexit 0\n');
  for (const name of ['bin/busybox', 'bin/flock', 'sbin/init', 'usr/lib/blockmesh/slot-state'])
    chmodSync(join(root, name), 0o755);
  // Nothing can be linked in a root that is only read.
  for (const name of COMMANDS) symlinkSync('busybox', join(root, 'bin', name));
  writeFileSync(join(root, 'mode'), 'good\n');
  const initramfs = join(folder, 'initramfs');
  writeFileSync(initramfs, makeInitramfs({ busybox, kernel: test.debian, modules: board.modules }, EPOCH_S));
  const kernel = partOf(test, 'usr/lib/modules/*/vmlinuz');
  fillSlotBoot(board, { kernel, initramfs, trees: join(test.debian, 'usr/lib') }, join(root, 'boot'));
  makeImage(root, image, SLOT_BYTES, ['-b', '4096', '-O', '^has_journal', '-L', 'bm-a']);
}

function makeFat(test: TestBoard, board: BootBoard, folder: string, image: string): void {
  const files = join(folder, 'fat');
  fillFat(board, files, EPOCH_S, join(test.debian, 'usr/lib'));
  writeFileSync(join(files, 'board.env'), test.options);
  if (test.levels !== undefined) writeFileSync(join(files, 'levels.env'), test.levels);
  writeFileSync(image, '');
  truncateSync(image, FAT_BYTES);
  run('mkfs.vfat', ['-F', '32', '-n', 'BLOCKMESH', image]);
  run('mcopy', ['-s', '-i', image, ...readdirSync(files).map((name) => join(files, name)), '::']);
}

/** As image/README.md has it; data is of no use to what is tested here. */
const TABLE = [
  'label: dos\nlabel-id: 0xb10c0001\nunit: sectors\n',
  '1 : start=8192, size=262144, type=c, bootable',
  '2 : start=270336, size=3153920, type=f',
  '5 : start=272384, size=2048, type=da',
  '6 : start=276480, size=1572864, type=83',
  '7 : start=1851392, size=1572864, type=83',
  '3 : start=3424256, size=262144, type=83\n',
].join('\n');
const DISK_BYTES = 2 ** 31;

/** Writes all of the file `content` but its zeros to the file `disk`, from byte `at` on. */
function layInto(disk: string, content: string, at: number): void {
  run('dd', [`if=${content}`, `of=${disk}`, 'bs=1M', 'conv=notrunc,sparse', 'oflag=seek_bytes', `seek=${at}`]);
}
