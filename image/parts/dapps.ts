import { cpSync, existsSync, globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { execa } from 'execa';
import { CodedError, messageOf } from '../../src/base/errors.ts';

interface Commands {
  readonly contract?: readonly string[];
  readonly agent?: readonly string[];
}

/**
 * Puts every dapp of the checkout below `out`: its manifest, its programs as one file each, and the tests that must
 * pass before a space begins with it.
 * @throws dapps_not_bundled.
 */
export async function placeDapps(top: string, out: string): Promise<void> {
  const folders = globSync('dapps/*/dapp.json', { cwd: top }).map(dirname).sort();
  const bundler = join(top, 'src/sandbox/bundle-main.ts');
  try {
    await execa(process.execPath, [bundler, '--out', out, '--engine', 'node', ...folders], {
      cwd: top,
      stdin: 'ignore',
    });
  } catch (cause) {
    throw new CodedError('dapps_not_bundled', `the dapps could not be bundled: ${messageOf(cause)}`, {
      cause,
      advice: 'Run `make dapps`, which does the same and says more.',
    });
  }
  for (const folder of folders) placeDapp(join(top, folder), join(out, basename(folder)));
  // Node need not look at a text to see that it is a module.
  writeFileSync(join(out, 'package.json'), '{ "type": "module" }\n');
}

/** Beside the programs, of which the bundler has made one set an engine. */
function placeDapp(source: string, target: string): void {
  const made = join(target, 'node');
  for (const file of globSync('*.js', { cwd: made })) renameSync(join(made, file), join(target, file));
  rmSync(made, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(source, 'dapp.json'), 'utf8')) as Commands;
  const commands = Object.fromEntries(
    (['contract', 'agent'] as const).flatMap((role) => {
      const words = manifest[role];
      return words === undefined ? [] : [[role, words.map((word) => word.replace(/\.ts$/, '.js'))]];
    }),
  );
  writeFileSync(join(target, 'dapp.json'), `${JSON.stringify({ ...manifest, ...commands }, null, 2)}\n`);
  const tests = join(source, 'tests');
  if (existsSync(tests)) cpSync(tests, join(target, 'tests'), { recursive: true });
}
