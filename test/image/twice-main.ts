import { cpSync, existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { lastCommit } from '../../image/commit.ts';
import { hashOfPath } from '../../image/key.ts';

/**
 * `make image-twice`: builds a board's image in two folders that share nothing but the archive's lists and packages, and
 * says whether they are the same, byte for byte. BASE=keep takes over the base of an earlier build, which is most of the
 * time and is then not compared.
 */

const TOP = join(import.meta.dirname, '../..');
const FOLDER = join(TOP, 'build/image-twice');
const BUILDS = ['one', 'two'] as const;

/** The archive's lists, and the packages: what a build takes from outside. */
const SHARED = ['apt-*', 'debs'];

function take(from: string, to: string, patterns: readonly string[]): void {
  mkdirSync(to, { recursive: true });
  for (const name of patterns.flatMap((pattern) => globSync(pattern, { cwd: from }))) {
    cpSync(join(from, name), join(to, name), { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  }
}

/** Each stage's result by the stage's name; only the last of a fresh folder is there. */
async function stagesOf(folder: string): Promise<ReadonlyMap<string, string>> {
  const names = readdirSync(join(folder, 'cache')).filter((name) => /-[0-9a-f]{16}$/.test(name));
  const hashes = await Promise.all(names.map((name) => hashOfPath(join(folder, 'cache', name))));
  return new Map(names.map((name, at) => [name, hashes[at] ?? '']));
}

async function main(): Promise<boolean> {
  const board = process.env.BOARD || 'virt-arm64';
  // Once for both: whoever commits meanwhile changes nothing.
  const SOURCE_DATE_EPOCH = process.env.SOURCE_DATE_EPOCH ?? String(await lastCommit(TOP));
  const isBaseKept = process.env.BASE === 'keep';
  rmSync(FOLDER, { recursive: true, force: true });
  let cache = join(TOP, 'build/image/cache');
  for (const name of BUILDS) {
    const out = join(FOLDER, name);
    if (existsSync(cache)) take(cache, join(out, 'cache'), isBaseKept ? [...SHARED, 'base-*'] : SHARED);
    process.stdout.write(`build ${name} of ${board}\n`);
    const args = [join(TOP, 'image/build-main.ts'), '--board', board, '--out', out];
    await execa(process.execPath, args, { stdio: 'inherit', env: { SOURCE_DATE_EPOCH } });
    cache = join(FOLDER, 'one/cache');
  }
  const [one = '', two = ''] = BUILDS.map((name) => readFileSync(join(FOLDER, name, 'SHA256SUMS'), 'utf8'));
  if (one === two) {
    process.stdout.write(`the same, byte for byte:\n${one}`);
    return true;
  }
  const [before, after] = [await stagesOf(join(FOLDER, 'one')), await stagesOf(join(FOLDER, 'two'))];
  const different = [...before].flatMap(([name, hash]) => (after.get(name) === hash ? [] : [name]));
  process.stdout.write(`NOT the same. Stages whose results differ: ${different.sort().join(', ')}\n${one}---\n${two}`);
  return false;
}

if (!(await main())) process.exitCode = 1;
