import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../src/base/errors.ts';
import type { Architecture } from './architecture.ts';

/** Files that one package of Debian has, and where they go. */
export interface Taken {
  readonly package: string;
  /** A pattern of paths in the package. */
  readonly from: string;
  /** A path; one that ends in `/` is a folder, and names stay. */
  readonly to: string;
}

/** A kind of board that an image is made for: a file of image/boards. */
export interface Board {
  readonly name: string;
  /** As people call it. */
  readonly title: string;
  readonly architecture: Architecture['architecture'];
  /** The eight hex digits by which the disk of an image is known; partitions are found by them. */
  readonly diskId: string;
  /** Files of packages of Debian on the FAT partition. */
  readonly fat: readonly Taken[];
  /** … in the root. */
  readonly root: readonly Taken[];
  /** … published beside the image: what a machine without firmware of its own is started with. */
  readonly beside: readonly Taken[];
  /** The boards for which the Raspberry Pi Imager offers the image, in its words. */
  readonly devices: readonly string[];
}

export async function boardNames(image: string): Promise<readonly string[]> {
  const names = await readdir(join(image, 'boards'));
  return names.flatMap((name) => /^(.+)\.json$/.exec(name)?.[1] ?? []).sort();
}

/** @throws unknown_board when image/boards has no such file. */
export async function readBoard(image: string, name: string): Promise<Board> {
  const names = await boardNames(image);
  if (!names.includes(name)) {
    throw new CodedError('unknown_board', `there is no board '${name}'`, {
      fields: { board: name },
      advice: `one of: ${names.join(', ')}`,
    });
  }
  return JSON.parse(await readFile(join(image, 'boards', `${name}.json`), 'utf8')) as Board;
}
