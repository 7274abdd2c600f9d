import { createReadStream } from 'node:fs';
import { open, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { CodedError } from '../../src/base/errors.ts';
import type { Commands } from '../command.ts';
import { BMAP_BLOCK_BYTES } from './bmap.ts';
import { EXT4_BLOCK_BYTES, surveyExt4 } from './ext4.ts';
import { freeOfFat } from './fat.ts';
import { DISK_BYTES, MIB, PARTS, type Part, partitionTable } from './layout.ts';
import { complementOf, type Range } from './ranges.ts';

/** Files with the contents of partitions; what is not named stays empty. */
export interface Contents {
  readonly boot: string;
  readonly state: string;
  readonly slotA: string;
  readonly data: string;
}

/** Assembles a disk in the file `image` without loop devices or mounts. Zeros take no room in the file. */
export async function makeDisk(commands: Commands, image: string, diskId: string, contents: Contents): Promise<void> {
  await rm(image, { force: true });
  await writeFile(image, '');
  await truncate(image, DISK_BYTES);
  const args = ['-q', '--no-reread', '--no-tell-kernel', image];
  await commands.run('sfdisk', args, { input: partitionTable(diskId) });
  await layPart(image, contents.boot, PARTS.BOOT);
  await layPart(image, contents.state, PARTS.STATE);
  await layPart(image, contents.slotA, PARTS.SLOT_A);
  await layPart(image, contents.data, PARTS.DATA);
}

async function layPart(image: string, file: string, part: Part): Promise<void> {
  const { size } = await stat(file);
  if (size > part.size) {
    throw new CodedError('part_too_large', `${file} has ${size} bytes, there is room for ${part.size}`, {
      fields: { size, bytesMax: part.size, partition: part.number },
      advice: 'make it smaller: image/disk/layout.ts cannot change for boards that are in use',
    });
  }
  const zeros = Buffer.alloc(MIB);
  const disk = await open(image, 'r+');
  try {
    let at = part.start;
    for await (const chunk of createReadStream(file, { highWaterMark: MIB })) {
      const bytes = chunk as Buffer;
      if (!bytes.equals(zeros.subarray(0, bytes.length))) await disk.write(bytes, 0, bytes.length, at);
      at += bytes.length;
    }
  } finally {
    await disk.close();
  }
}

/** Blocks of BMAP_BLOCK_BYTES of a disk that have to be written: all but those that its file systems call free. */
export async function mappedBlocks(commands: Commands, contents: Contents): Promise<readonly Range[]> {
  const free: Range[] = (await freeOfFat(contents.boot)).map((range) => shifted(range, PARTS.BOOT.start));
  for (const [file, part] of [
    [contents.slotA, PARTS.SLOT_A],
    [contents.data, PARTS.DATA],
  ] as const) {
    const { usedBlocks } = await surveyExt4(commands, file);
    const unused = complementOf(usedBlocks, part.size / EXT4_BLOCK_BYTES);
    free.push(
      ...unused.map(({ first, last }) =>
        shifted({ first: first * EXT4_BLOCK_BYTES, last: (last + 1) * EXT4_BLOCK_BYTES - 1 }, part.start),
      ),
    );
  }
  // The beginning of slot B is written, as zeros: a card that held an older image must not fall back to that.
  const { start, size } = PARTS.SLOT_B;
  free.push({ first: start + MIB, last: start + size - 1 });
  return complementOf(wholeBlocks(free), DISK_BYTES / BMAP_BLOCK_BYTES);
}

function shifted({ first, last }: Range, by: number): Range {
  return { first: first + by, last: last + by };
}

/** Ranges of bytes that touch are one; of each, the blocks that lie in it whole. */
function wholeBlocks(bytes: readonly Range[]): readonly Range[] {
  const merged: { first: number; last: number }[] = [];
  for (const { first, last } of [...bytes].sort((a, b) => a.first - b.first)) {
    const before = merged.at(-1);
    if (before !== undefined && first <= before.last + 1) before.last = Math.max(before.last, last);
    else merged.push({ first, last });
  }
  return merged.flatMap(({ first, last }) => {
    const range = { first: Math.ceil(first / BMAP_BLOCK_BYTES), last: Math.floor((last + 1) / BMAP_BLOCK_BYTES) - 1 };
    return range.last < range.first ? [] : [range];
  });
}
