import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CodedError, messageOf } from '../../src/base/errors.ts';
import { ARCH_NAMES } from './arch.ts';
import { builtAt, makeParts } from './parts.ts';

const HELP = `usage: node image/parts/parts-main.ts --arch ARCH [--out FOLDER]

Makes what a board has in /usr/lib/blockmesh: FOLDER/ARCH, and FOLDER/ARCH.packages.json beside it. ARCH is one of
${ARCH_NAMES.join(', ')}. FOLDER is build/board; FOLDER/native/ARCH holds the programs of C already, so call it by make:

  make board-parts ARCH=arm64
  make board-parts ARCH=armhf

SOURCE_DATE_EPOCH (seconds) dates all files; without it the last commit does.
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { arch: { type: 'string' }, out: { type: 'string' }, help: { type: 'boolean' } },
  });
  const { arch, help } = values;
  if (help || arch === undefined) {
    process[help ? 'stdout' : 'stderr'].write(HELP);
    return help ? 0 : 2;
  }
  const top = join(import.meta.dirname, '../..');
  const startMs = performance.now();
  const say = (text: string) => {
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    process.stderr.write(`board-parts ${arch} ${seconds.padStart(6)} s  ${text}\n`);
  };
  const built = await builtAt(top, process.env.SOURCE_DATE_EPOCH);
  const folder = await makeParts({ top, arch, out: values.out ?? join(top, 'build/board'), built, say });
  say(`done: ${folder}`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  const advice = error instanceof CodedError && error.advice !== undefined ? `\n${error.advice}` : '';
  process.stderr.write(`${messageOf(error)}${advice}\n`);
  process.exitCode = 1;
}
