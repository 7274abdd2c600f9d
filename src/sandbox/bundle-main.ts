import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CodedError, messageOf } from '../base/errors.ts';
import { BUNDLE_ENGINES, bundleDapp } from './bundle-dapp.ts';

const HELP = `usage: node src/sandbox/bundle-main.ts --out FOLDER [--engine ENGINE] DAPP...

Bundles contract and agent of each dapp into one file each: FOLDER/<dapp>/<engine>/contract.js. Engines are
${BUNDLE_ENGINES.join(' and ')}; without --engine it makes both. Run it from the folder that holds dapps/.

  node src/sandbox/bundle-main.ts --out build/dapps dapps/membership dapps/door
  node src/sandbox/bundle-main.ts --out build/dapps --engine quickjs dapps/door
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { out: { type: 'string' }, engine: { type: 'string' }, help: { type: 'boolean' } },
    allowPositionals: true,
  });
  const { out, help } = values;
  if (help || out === undefined || positionals.length === 0) {
    process[help ? 'stdout' : 'stderr'].write(HELP);
    return help ? 0 : 2;
  }
  const engines = values.engine === undefined ? BUNDLE_ENGINES : [values.engine];
  for (const folder of positionals) {
    for (const engine of engines) {
      const { name, programs } = await bundleDapp(process.cwd(), folder, engine);
      await mkdir(join(out, name, engine), { recursive: true });
      for (const [file, text] of Object.entries(programs)) {
        await writeFile(join(out, name, engine, file), text);
        process.stdout.write(`${join(out, name, engine, file)}: ${Buffer.byteLength(text)} bytes\n`);
      }
    }
  }
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  const advice = error instanceof CodedError && error.advice !== undefined ? `\n${error.advice}` : '';
  process.stderr.write(`${messageOf(error)}${advice}\n`);
  process.exitCode = 1;
}
