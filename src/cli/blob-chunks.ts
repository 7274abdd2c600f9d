import { once } from 'node:events';
import { type Command, Option } from 'commander';
import { chunkPlaces } from '../format/chunkers/chunk-list.ts';
import { CHUNKERS, chunkerProfile } from '../format/chunkers/profile.ts';
import { withExamples } from './command.ts';
import { jsonText } from './output.ts';
import { readable } from './pieces.ts';
import { showProgress } from './progress.ts';

interface ChunksOptions {
  readonly profile: keyof typeof CHUNKERS;
  readonly json?: boolean;
}

export function profileOption(): Option {
  return new Option('--profile <name>', 'how it is cut').choices(Object.keys(CHUNKERS)).default('image-64k');
}

export function blobChunksCommand(blob: Command): void {
  const command = blob
    .command('chunks')
    .description('print offset, length and SHA-256 of each chunk of a file, as a mesh cuts it; stores nothing')
    .argument('<file>', 'the file, or - for standard input')
    .addOption(profileOption())
    .option('--json', 'print JSON: one chunk a line');
  withExamples(command, ['blob chunks disk.img', 'blob chunks --profile lbfs-8k --json notes.tar']);
  command.action(printChunks);
}

async function printChunks(path: string, { profile, json }: ChunksOptions): Promise<void> {
  const { stream, bytes } = await readable(path);
  // On a screen, the line of the progress would fall between those of the chunks.
  const total = process.stdout.isTTY ? 0 : bytes;
  for await (const { offset, length, sha256 } of chunkPlaces(stream, chunkerProfile(CHUNKERS[profile]))) {
    const hash = sha256.toString('hex');
    const line = json === true ? jsonText({ offset, length, sha256: hash }) : `${offset} ${length} ${hash}`;
    if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
    if (total > 0) showProgress('bytes cut', offset + length, total);
  }
}
