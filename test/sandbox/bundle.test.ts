import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { BUNDLE_MODULES_MAX } from '../../src/base/limits.ts';
import { bundleProgram } from '../../src/sandbox/bundle.ts';
import { bundleDapp } from '../../src/sandbox/bundle-dapp.ts';

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);

type Files = Readonly<Record<string, string>>;

function bundle(files: Files, twins: Readonly<Record<string, string>> = {}): Promise<string> {
  const read = async (path: string): Promise<string> => {
    const text = files[path];
    if (text === undefined) throw new Error(`no file ${path}`);
    return text;
  };
  return bundleProgram({ entry: 'dapp/main.ts', twins, read });
}

/** What the bundle prints when Node runs it. */
async function outputOf(t: Test, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'blockmesh-bundle-'));
  t.teardown(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'main.mjs'), text);
  const { stdout } = await run(process.execPath, [join(folder, 'main.mjs')], { env: {} });
  return stdout;
}

t.test('modules keep their names, their order and their types', async (t) => {
  const files: Files = {
    'dapp/main.ts': `
      import { readFileSync as read } from 'node:fs';
      import path, { join } from 'node:path';
      import * as whole from './b.ts';
      import { type Shape, Box, name as other, twice } from './a.ts';
      import type { Unused } from './not-there.ts';
      const name: string = 'main';
      console.log(name, other, twice(2), new Box(3).value, whole.told.join(' '), typeof read, join('x', 'y') === path.join('x', 'y'));
      export type { Shape };
      export {};
    `,
    'dapp/a.ts': `
      import { told, type Told } from './b.ts';
      export interface Shape { readonly sides: number }
      const name = 'a';
      told.push(\`a has "import { x } from './y.ts'" and export const z in its text\`);
      export const twice = (value: number): number => value * 2, thrice = 3;
      export class Box<T> { readonly #it: T; constructor(it: T) { this.#it = it; } get value(): T { return this.#it; } }
      export { name, told as more };
      // import { nothing } from './comment.ts';
    `,
    'dapp/b.ts': "export type Told = string[];\nexport const told: Told = ['b'];\nexport function unused(): void {}\n",
  };
  const text = await bundle(files);
  t.equal(
    await outputOf(t, text),
    `main a 4 3 b a has "import { x } from './y.ts'" and export const z in its text function true\n`,
  );
  t.equal(await bundle(files), text, 'the same sources give the same bytes');
  t.ok(
    text.indexOf('// dapp/b.ts') < text.indexOf('// dapp/a.ts') &&
      text.indexOf('// dapp/a.ts') < text.indexOf('// dapp/main.ts'),
  );
  t.equal(text.split('// dapp/b.ts').length, 2, 'a module that two import stands there once');
});

t.test('a twin takes the place of a module, with what it imports itself', async (t) => {
  const files: Files = {
    'dapp/main.ts': "import { engine } from '../sdk/io.ts';\nconsole.log(engine);\n",
    'sdk/io.ts': "export const engine = 'node';\n",
    'sdk/twins/io-other.ts': "import { word } from './word.ts';\nexport const engine = word;\n",
    'sdk/twins/word.ts': "export const word = 'other';\n",
  };
  t.equal(await outputOf(t, await bundle(files)), 'node\n');
  const text = await bundle(files, { 'sdk/io.ts': 'sdk/twins/io-other.ts' });
  t.equal(await outputOf(t, text), 'other\n');
  t.match(text, '// sdk/io.ts, by sdk/twins/io-other.ts');
});

t.test('what a bundle cannot hold is refused by name', async (t) => {
  const lines: readonly (readonly [string, { code: string; fields?: object } | { message: string }])[] = [
    ['export default 1;', { code: 'bundle_unsupported', fields: { path: 'dapp/main.ts', line: 1 } }],
    ["\nexport * from './a.ts';", { code: 'bundle_unsupported', fields: { line: 2 } }],
    ["export { a } from './a.ts';", { code: 'bundle_unsupported', fields: { construct: 'export … from' } }],
    ['export let a = 1;', { code: 'bundle_unsupported', fields: { construct: 'export let' } }],
    ['export const { a } = { a: 1 };', { code: 'bundle_unsupported', fields: { construct: 'an exported pattern' } }],
    ["const a = 1; export { a as 'b c' };", { code: 'bundle_unsupported' }],
    ["const late = () => import('./a.ts');", { code: 'bundle_unsupported', fields: { construct: 'import()' } }],
    ['const here = import.meta.dirname;', { code: 'bundle_unsupported', fields: { construct: 'import.meta' } }],
    ["import { parse } from 'ajv';", { code: 'bundle_import_refused', fields: { specifier: 'ajv' } }],
    ["import { join } from 'path';", { code: 'bundle_import_refused' }],
    ["import { a } from '../../a.ts';", { code: 'bundle_import_refused', fields: { path: 'dapp/main.ts' } }],
    ["import { a } from './main.ts';", { code: 'bundle_cycle', fields: { path: 'dapp/main.ts' } }],
    ['enum A { B }', { code: 'bundle_source_broken', fields: { path: 'dapp/main.ts' } }],
    ['const a = ;', { code: 'bundle_source_broken', fields: { path: 'dapp/main.ts' } }],
    ["import { a } from './not-there.ts';", { message: 'no file dapp/not-there.ts' }],
  ];
  for (const [text, told] of lines) {
    await t.rejects(bundle({ 'dapp/main.ts': text, 'dapp/a.ts': 'export const a = 1;' }), told, text);
  }
  const chain = Object.fromEntries(
    Array.from({ length: BUNDLE_MODULES_MAX + 1 }, (_, i) => [
      i === 0 ? 'dapp/main.ts' : `dapp/m${i}.ts`,
      `import { x } from './m${i + 1}.ts';`,
    ]),
  );
  await t.rejects(bundle(chain), { code: 'bundle_too_large' });
});

t.test('the dapps are bundled by command line', async (t) => {
  const out = await mkdtemp(join(tmpdir(), 'blockmesh-bundle-'));
  t.teardown(() => rm(out, { recursive: true }));
  const main = join(ROOT, 'src/sandbox/bundle-main.ts');
  const { stdout } = await run(process.execPath, [main, '--out', out, 'dapps/door'], { cwd: ROOT });
  for (const engine of ['node', 'quickjs']) {
    const { name, programs } = await bundleDapp(ROOT, 'dapps/door', engine);
    t.equal(name, 'door');
    t.strictSame(Object.keys(programs), ['contract.js', 'agent.js']);
    for (const [file, text] of Object.entries(programs)) {
      t.equal(await readFile(join(out, 'door', engine, file), 'utf8'), text, `${engine} ${file}`);
      t.match(stdout, join(out, 'door', engine, file));
    }
  }
  t.match((await run(process.execPath, [main, '--help'])).stdout, /usage: .*\n[\s\S]*--engine quickjs dapps\/door/);
  const wrong = run(process.execPath, [main, '--out', out, '--engine', 'v8', 'dapps/door'], { cwd: ROOT });
  await t.rejects(wrong, { code: 1, stderr: /v8 is no engine we bundle for\nGive one of: node, quickjs\./ });
  await t.rejects(run(process.execPath, [main]), { code: 2, stderr: /usage/ });
});
