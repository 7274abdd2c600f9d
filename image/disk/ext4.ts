import { rm, truncate, writeFile } from 'node:fs/promises';
import type { Commands } from '../command.ts';
import { complementOf, parseRanges, type Range } from './ranges.ts';

export interface Ext4Options {
  readonly image: string;
  readonly bytes: number;
  readonly label: string;
  readonly uuid: string;
  /** What is written into it, with owners and modes as they are. */
  readonly folder?: string;
  readonly isReadOnly: boolean;
  readonly epochS: number;
}

export const EXT4_BLOCK_BYTES = 4096;

/** U-Boot and the tools of older machines read these; a journal is for what is written. */
const FEATURES = '^64bit,^metadata_csum_seed,^orphan_file';
const READ_ONLY_FEATURES = `${FEATURES},^has_journal,^resize_inode`;
/** The largest card that a file system of this size may grow to without moving its tables: 128 GiB in blocks. */
const GROWS_TO_BLOCKS = (128 * 1024 * 1024 * 1024) / EXT4_BLOCK_BYTES;

/** Makes a file system whose bytes depend on nothing but the options and the names, owners and contents in `folder`. */
export async function makeExt4(commands: Commands, options: Ext4Options): Promise<void> {
  const { image, bytes, label, uuid, folder, isReadOnly, epochS } = options;
  await rm(image, { force: true });
  await writeFile(image, '');
  await truncate(image, bytes);
  const extended = [`hash_seed=${uuid}`, 'root_owner=0:0', 'lazy_itable_init=0', 'lazy_journal_init=0', 'nodiscard'];
  if (!isReadOnly) extended.push(`resize=${GROWS_TO_BLOCKS}`);
  // What grows is made as a reset makes it (mke2fs-data.conf): few files, and room in which a full node still writes facts.
  const [bytesAnInode, reserved] = isReadOnly ? ['16384', '0'] : ['65536', '5'];
  const shape = ['-b', String(EXT4_BLOCK_BYTES), '-I', '256', '-i', bytesAnInode, '-m', reserved];
  const named = ['-L', label, '-U', uuid, '-E', extended.join(','), '-O', isReadOnly ? READ_ONLY_FEATURES : FEATURES];
  const filled = folder === undefined ? [] : ['-d', folder];
  await commands.run('mke2fs', ['-q', '-F', '-t', 'ext4', ...shape, ...named, ...filled, image]);
  await setTimes(commands, image, epochS);
  await commands.run('e2fsck', ['-f', '-n', image]);
}

/** mke2fs takes over the times at which the files of `folder` were read and last changed: those of this build. */
async function setTimes(commands: Commands, image: string, epochS: number): Promise<void> {
  const { usedInodes } = await surveyExt4(commands, image);
  const lines = usedInodes.flatMap(({ first, last }) => {
    const inodes = Array.from({ length: last - first + 1 }, (_, at) => first + at).filter(
      (inode) => inode === 2 || inode > 10,
    );
    return inodes.flatMap((inode) => {
      return ['atime', 'ctime', 'mtime', 'crtime'].map((field) => `sif <${inode}> ${field} @${epochS}\n`);
    });
  });
  const script = `${image}.times`;
  await writeFile(script, lines.join(''));
  await commands.run('debugfs', ['-w', '-f', script, image], { isQuiet: true });
  await rm(script);
}

export interface Ext4Survey {
  readonly usedInodes: readonly Range[];
  /** Blocks of EXT4_BLOCK_BYTES that hold something. */
  readonly usedBlocks: readonly Range[];
}

export async function surveyExt4(commands: Commands, image: string): Promise<Ext4Survey> {
  const text = await commands.run('dumpe2fs', [image], { isQuiet: true });
  const free = (what: string): readonly Range[] => {
    return [...text.matchAll(new RegExp(`^ +Free ${what}: (.*)$`, 'gm'))].flatMap((match) =>
      parseRanges(match[1] ?? ''),
    );
  };
  const count = (what: string): number => Number(new RegExp(`^${what} count: +(\\d+)$`, 'm').exec(text)?.[1]);
  const inodes = complementOf([{ first: 0, last: 0 }, ...free('inodes')], count('Inode') + 1);
  return { usedInodes: inodes, usedBlocks: complementOf(free('blocks'), count('Block')) };
}
