import {
  chmodSync,
  copyFileSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { assert } from '../../src/base/assert.ts';
import { placeAddons } from './addons.ts';
import { archOf } from './arch.ts';
import { bundlePrograms } from './bundle.ts';
import { placeDapps } from './dapps.ts';
import { placeNode } from './node-binary.ts';

/** What a board has in /usr/lib/blockmesh, made in a folder of this machine. The same inputs give the same bytes. */

const FILE_MODE = 0o644;
const PROGRAM_MODE = 0o755;
/** Programs of C, which make has built for the processor. */
const NATIVE = ['blockmesh-pins', 'blockmesh-evdev', 'blockmesh-trees'];
/** Programs of the shell → their name on a board. */
const SCRIPTS: Readonly<Record<string, string>> = { 'launcher.sh': 'blockmesh', 'prepare-run.sh': 'prepare-run' };
const PROGRAMS = [...NATIVE, ...Object.values(SCRIPTS), 'node'];
/** esbuild's own account of the bundle. */
const META = 'meta.json';

export interface PartsOptions {
  /** Folder of the checkout. */
  readonly top: string;
  readonly arch: string;
  /** Folder of `<arch>`, and of the programs of C in `native/<arch>`. */
  readonly out: string;
  /** Seconds since 1970: when this release was made, for all of its files. */
  readonly built: number;
  readonly say: (text: string) => void;
}

/**
 * Makes `out/<arch>`, whole or not at all, and `out/<arch>.packages.json`: which packages of npm it holds.
 * @returns its folder.
 * @throws arch_unknown; bundle_failed, licence_missing, addon_failed, node_not_fetched, node_not_as_locked.
 */
export async function makeParts({ top, arch: name, out, built, say }: PartsOptions): Promise<string> {
  const arch = archOf(name);
  const draft = join(out, `draft-${process.pid}`);
  const folder = join(out, name);
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  try {
    say('bundling our programs');
    const packages = await bundlePrograms(top, draft);
    rmSync(join(draft, META));
    say('bundling the dapps');
    await placeDapps(top, join(draft, 'dapps'));
    say('addons');
    await placeAddons(top, arch, join(draft, 'addons'), say);
    say('Node');
    await placeNode(top, arch, join(draft, 'node'));
    for (const program of NATIVE) copyFileSync(join(out, 'native', name, program), join(draft, program));
    const flags = engineFlags(readFileSync(join(draft, 'blockmesh.mjs'), 'utf8'));
    for (const [script, program] of Object.entries(SCRIPTS)) {
      const text = readFileSync(join(top, 'image/parts', script), 'utf8');
      writeFileSync(join(draft, program), text.replace('@FLAGS@', flags));
    }
    copyFileSync(join(top, 'src/node/blockmesh.example.toml'), join(draft, 'blockmesh.example.toml'));
    const { version } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8')) as { readonly version: string };
    writeFileSync(join(draft, 'release.json'), `${JSON.stringify({ version, arch: name, built })}\n`);
    settle(draft, built);
    writeFileSync(join(out, `${name}.packages.json`), `${JSON.stringify(packages, null, 2)}\n`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return folder;
}

/** How our program says that Node is to be started: `#!/usr/bin/env -S node FLAGS`. */
function engineFlags(program: string): string {
  const [, flags] = /^#!.* node (-.*)$/m.exec(program) ?? [];
  assert(flags !== undefined, 'the first line of the bundle is that of src/cli/main.ts');
  return flags;
}

/** When the last commit was made, unless SOURCE_DATE_EPOCH says otherwise. */
export async function builtAt(top: string, sourceDateEpoch: string | undefined): Promise<number> {
  if (sourceDateEpoch !== undefined) return Number(sourceDateEpoch);
  const { stdout } = await execa('git', ['log', '-1', '--format=%ct'], { cwd: top });
  return Number(stdout);
}

/** Modes and times that do not hang on this machine. */
function settle(folder: string, built: number): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) settle(path, built);
    else {
      // A link has no mode of its own, and its target is on the board.
      if (!entry.isSymbolicLink()) chmodSync(path, PROGRAMS.includes(entry.name) ? PROGRAM_MODE : FILE_MODE);
      lutimesSync(path, built, built);
    }
  }
  chmodSync(folder, PROGRAM_MODE);
  lutimesSync(folder, built, built);
}
