import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { PARTS } from '../../../image/disk/layout.ts';
import { untilLevel } from './doors.ts';
import type { TestCard } from './image-run.ts';
import { KIT, LINE } from './kit.ts';
import type { RunningBoard } from './running.ts';
import type { Shell } from './shell.ts';
import { untilHealthy } from './times.ts';

/** What a board says of itself and of its card after a power cut, and what stands on the card. */

/** Before any board was made; `log` tells all rows from then on, and not only the last. */
const EVER = '2020-01-01T00:00+00:00';

/** Blocks that the ledger holds, by the rows of its log. @throws when the board does not come back. */
export async function heldBlocks(shell: Shell): Promise<ReadonlySet<string>> {
  const text = await shell.run(`blockmesh log --json --since ${EVER}`);
  return new Set(blocksIn(text.split('\n')));
}

export function blocksIn(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => (line.startsWith('{') ? [(JSON.parse(line) as { block: string }).block] : []));
}

/** Starts looking once the node is healthy. @returns what is wrong; nothing is as it should be. */
export async function faultsOfBoard(board: RunningBoard, shell: Shell): Promise<readonly string[]> {
  const faults: string[] = [];
  await untilHealthy(shell);
  const verified = await shell.try('blockmesh verify');
  if (verified.code !== 0) faults.push(`verify: ${verified.text.slice(-500)}`);
  const told = await shell.run('cd /run/blockmesh-board; cat data-fault grow-fault import-error 2>/dev/null; true');
  if (told !== '') faults.push(`the board says: ${told.slice(0, 500)}`);
  await shell.run(`${KIT} pull ${LINE.front} down`);
  await board.badge();
  const opened = await shell.try(untilLevel('front', 'high'));
  if (opened.code !== 0) faults.push('a badge does not open door front');
  else await shell.run(untilLevel('front', 'low'));
  return faults;
}

/**
 * What fsck.vfat says when bit 0 of byte 65 is all in which the boot sector is not its backup: the mark of a file system that
 * was mounted to be written as the power went. The board only overwrites files of it in place, so the mark says nothing.
 */
const MARK_ALONE = /There are differences between boot sector and its backup\.\n.*\n {2}65:01\/00\n/;

/** What is wrong on the card of a board that has no power. */
export function faultsOfCard(test: TestCard): readonly string[] {
  const faults: string[] = [];
  if (hashOf(test.card.path, PARTS.SLOT_A) !== hashOf(test.image.path, PARTS.SLOT_A))
    faults.push('slot A is not as it was');
  const boot = `${test.folder}/fat.img`;
  copyPart(test.card.path, boot);
  const { stdout } = spawnSync('fsck.vfat', ['-n', boot], { env: ENV, encoding: 'utf8' });
  const found = stdout
    .replace(MARK_ALONE, '')
    .split('\n')
    .filter((line) => /differ|bad|cluster|truncat|orphan|lost|drop/i.test(line) && !/\d+\/\d+ clusters/.test(line));
  faults.push(...found.map((line) => `the FAT partition: ${line}`));
  return faults;
}

const ENV = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
const CHUNK_BYTES = 4 * 1024 * 1024;

function copyPart(disk: string, to: string): void {
  const { start, size } = PARTS.BOOT;
  const words = [
    `if=${disk}`,
    `of=${to}`,
    'bs=1M',
    `skip=${start / 2 ** 20}`,
    `count=${size / 2 ** 20}`,
    'conv=sparse',
  ];
  const { status, stderr } = spawnSync('dd', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`dd: ${stderr}`);
}

function hashOf(path: string, { start, size }: { readonly start: number; readonly size: number }): string {
  const hash = createHash('sha256');
  const file = openSync(path, 'r');
  const bytes = Buffer.alloc(CHUNK_BYTES);
  for (let at = start; at < start + size; at += CHUNK_BYTES) {
    hash.update(bytes.subarray(0, readSync(file, bytes, 0, Math.min(CHUNK_BYTES, start + size - at), at)));
  }
  closeSync(file);
  return hash.digest('hex');
}
