import { once } from 'node:events';
import type { ReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { CodedError, messageOf } from '../base/errors.ts';
import { CHUNKER_BLOCK_BYTES } from '../base/limits-chunks.ts';
import { chunkPlaces } from '../format/chunkers/chunk-list.ts';
import { CHUNKERS, chunkerProfile } from '../format/chunkers/profile.ts';
import { withExamples } from './command.ts';
import { jsonText } from './output.ts';
import { showProgress } from './progress.ts';

interface ChunksOptions {
  readonly profile: keyof typeof CHUNKERS;
  readonly json?: boolean;
}

const PROFILE: keyof typeof CHUNKERS = 'image-64k';

export function blobCommands(program: Command): void {
  const blob = program
    .command('blob')
    .description('large things: files of any size, kept as chunks cut where their content says');
  const command = blob
    .command('chunks')
    .description('print offset, length and SHA-256 of each chunk of a file, as a mesh cuts it; stores nothing')
    .argument('<file>', 'the file, or - for standard input')
    .addOption(new Option('--profile <name>', 'how it is cut').choices(Object.keys(CHUNKERS)).default(PROFILE))
    .option('--json', 'print JSON: one chunk a line');
  withExamples(command, ['blob chunks disk.img', 'blob chunks --profile lbfs-8k --json notes.tar']);
  command.action(printChunks);
}

async function printChunks(path: string, { profile, json }: ChunksOptions): Promise<void> {
  const { stream, bytes } = path === '-' ? { stream: process.stdin, bytes: 0 } : await readable(path);
  // On a screen, the line of the progress would fall between those of the chunks.
  const total = process.stdout.isTTY ? 0 : bytes;
  for await (const { offset, length, sha256 } of chunkPlaces(stream, chunkerProfile(CHUNKERS[profile]))) {
    const hash = sha256.toString('hex');
    const line = json === true ? jsonText({ offset, length, sha256: hash }) : `${offset} ${length} ${hash}`;
    if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
    if (total > 0) showProgress('bytes cut', offset + length, total);
  }
}

/** @throws file_unreadable. */
async function readable(path: string): Promise<{ readonly stream: ReadStream; readonly bytes: number }> {
  try {
    const file = await open(path);
    const stat = await file.stat();
    if (stat.isDirectory()) throw new Error('it is a folder');
    return { stream: file.createReadStream({ highWaterMark: CHUNKER_BLOCK_BYTES }), bytes: stat.size };
  } catch (cause) {
    throw new CodedError('file_unreadable', `${path} cannot be read: ${messageOf(cause)}`, {
      fields: { path },
      advice: 'Name a file that is there and that you may read.',
      cause,
    });
  }
}
