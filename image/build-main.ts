import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CodedError, messageOf } from '../src/base/errors.ts';
import { boardNames } from './board.ts';
import { buildImage } from './build.ts';
import { lastCommit } from './commit.ts';
import { TerminalProgress } from './progress.ts';
import { openWorkshop } from './workshop.ts';

const HELP = `usage: node image/build-main.ts --board BOARD [--version VERSION] [--out FOLDER] [--update] [--keep-sizes]

Makes the image of a board: build/image/BOARD-VERSION.img.zst and what is published beside it. It needs root, for a root
file system has files of many owners. What has not changed since the last build is taken over from build/image/cache.

  --board BOARD      which board: BOARDS
  --version VERSION  the release's name; that of package.json by default
  --out FOLDER       where results and what is kept between builds are written; build/image by default
  --update           fetch the archive's lists anew, and build with the packages that are newest now
  --keep-sizes       write into image/sizes.json how small the image has become

SOURCE_DATE_EPOCH gives the time of everything in the image, in seconds since 1970; without it, that of the last commit.

  node image/build-main.ts --board virt-arm64
  node image/build-main.ts --board rpi --version 1.2.0 --update
`;

async function main(): Promise<number> {
  const top = join(import.meta.dirname, '..');
  const boards = await boardNames(import.meta.dirname);
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const { values } = parseArgs({
    options: { board: text, version: text, out: text, update: flag, 'keep-sizes': flag, help: flag },
  });
  if (values.help || values.board === undefined) {
    process[values.help ? 'stdout' : 'stderr'].write(HELP.replace('BOARDS', boards.join(', ')));
    return values.help ? 0 : 2;
  }
  if (process.getuid?.() !== 0) {
    throw new CodedError('root_needed', 'an image is built by root: its files have many owners, and parts of it run', {
      advice: 'run the same command as root, or in a container or virtual machine of Debian where you are root',
    });
  }
  const startedMs = Date.now();
  const progress = new TerminalProgress(
    (line) => process.stdout.write(line),
    () => Date.now(),
  );
  const { version } = JSON.parse(await readFile(join(top, 'package.json'), 'utf8')) as { readonly version: string };
  const shop = await openWorkshop(
    {
      top,
      build: resolve(values.out ?? join(top, 'build/image')),
      board: values.board,
      version: values.version ?? version,
      epochS: Number(process.env.SOURCE_DATE_EPOCH ?? (await lastCommit(top))),
    },
    progress,
  );
  const options = { isUpdate: values.update ?? false, areSizesKept: values['keep-sizes'] ?? false, nowMs: startedMs };
  const files = await buildImage(shop, options);
  progress.say(`${files.join('\n')}\nmade in ${((Date.now() - startedMs) / 1000).toFixed(0)} s`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  const advice = error instanceof CodedError && error.advice !== undefined ? `\n${error.advice}` : '';
  process.stderr.write(`${messageOf(error)}${advice}\n`);
  process.exitCode = 1;
}
