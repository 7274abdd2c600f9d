import { open, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '../../src/base/assert.ts';
import type { Commands } from '../command.ts';
import type { Range } from './ranges.ts';

export interface FatOptions {
  readonly image: string;
  readonly bytes: number;
  readonly label: string;
  /** Eight hex digits. */
  readonly id: string;
  readonly folder: string;
}

/** Makes a FAT32 of the files in `folder`, in the order of their names, with the build's time on each. */
export async function makeFat(commands: Commands, { image, bytes, label, id, folder }: FatOptions): Promise<void> {
  await rm(image, { force: true });
  await writeFile(image, '');
  await truncate(image, bytes);
  // The first stage of a BeagleBone and the firmware of a Pi read FAT32; clusters of two sectors are few enough for it.
  // The label's own time is the one thing that mkfs.vfat takes from the clock: it has a fixed one too.
  await commands.run('mkfs.vfat', ['-F', '32', '-s', '2', '--invariant', '-n', label, '-i', id, image]);
  await copyInto(commands, image, folder, '');
  await commands.run('fsck.vfat', ['-n', image]);
}

async function copyInto(commands: Commands, image: string, folder: string, path: string): Promise<void> {
  const entries = await readdir(join(folder, path), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const inner = path === '' ? entry.name : `${path}/${entry.name}`;
    if (entry.isDirectory()) {
      await commands.run('mmd', ['-i', image, `::/${inner}`]);
      await copyInto(commands, image, folder, inner);
    } else {
      await commands.run('mcopy', ['-i', image, join(folder, inner), `::/${inner}`]);
    }
  }
}

/** Bytes `first` to `last` of clusters that hold nothing, read from the first of its tables. */
export async function freeOfFat(image: string): Promise<readonly Range[]> {
  const file = await open(image);
  try {
    const { buffer: head } = await file.read(Buffer.alloc(512), 0, 512, 0);
    const sector = head.readUInt16LE(11);
    const cluster = head.readUInt8(13) * sector;
    const tableStart = head.readUInt16LE(14) * sector;
    const tableBytes = head.readUInt32LE(36) * sector;
    const dataStart = tableStart + head.readUInt8(16) * tableBytes;
    const clusters = Math.floor((head.readUInt32LE(32) * sector - dataStart) / cluster);
    assert(cluster > 0 && clusters > 0 && (clusters + 2) * 4 <= tableBytes, `${image} is a FAT32`);
    const { buffer: table } = await file.read(Buffer.alloc(tableBytes), 0, tableBytes, tableStart);
    return Array.from({ length: clusters }, (_, at) => at)
      .filter((at) => (table.readUInt32LE((at + 2) * 4) & 0x0fff_ffff) === 0)
      .map((at) => ({ first: dataStart + at * cluster, last: dataStart + (at + 1) * cluster - 1 }));
  } finally {
    await file.close();
  }
}
