import { cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Test } from 'tap';
import { type InitOptions, type InitResult, initSpace } from '../../src/node/init.ts';
import { openSpace, type Space, type SpaceParts } from '../../src/node/space.ts';
import { systemClock, systemRandomness } from '../../src/node/system.ts';
import { createProcessRunner } from '../../src/sandbox/process-runner.ts';
import type { Runner } from '../../src/sandbox/runner.ts';
import { memoryLog } from '../contract/line-protocol.ts';
import { newFolder } from '../store/open-store.ts';

const RELEASE = join(import.meta.dirname, '../..');
export const BOOT = new Uint8Array(16).fill(9);

/** Dapps get our cache of compiled sources beside their own environment: hundreds of them are started in the tests. */
function keepingCompiled(runner: Runner): Runner {
  const { NODE_COMPILE_CACHE } = process.env;
  const env: Record<string, string> = NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };
  return { start: (spec) => runner.start({ ...spec, env: { ...spec.env, ...env } }) };
}

export function partsOf(folder: string) {
  return {
    folder,
    dappsFolder: join(RELEASE, 'dapps'),
    clock: systemClock('trusted'),
    randomness: systemRandomness,
    boot: BOOT,
    // This node first, then the system's programs without version managers in front.
    runner: keepingCompiled(createProcessRunner({ path: `${dirname(process.execPath)}:/usr/bin:/bin`, stopMs: 200 })),
    log: memoryLog(),
  };
}

/** What `blockmesh init` is given; the founder's key in a file beside the folder, which costs no derivation. */
export function initOptions(t: Test, folder = join(newFolder(t), 'space')): InitOptions {
  return {
    ...partsOf(folder),
    dapps: ['membership', 'door'],
    spaceName: 'Makerspace Nord',
    founderName: 'Ada',
    nodeName: 'front',
    founderKey: { keyFile: `${folder}-founder.json` },
    configExample: join(RELEASE, 'src/node/blockmesh.example.toml'),
  };
}

/** A space with the real dapps, made by `initSpace`. */
export async function makeSpace(t: Test): Promise<InitResult & { readonly folder: string }> {
  const options = initOptions(t);
  return { ...(await initSpace(options)), folder: options.folder };
}

/** A copy of a space that nobody has open. */
export function copySpace(t: Test, folder: string): string {
  const copy = join(newFolder(t), 'space');
  cpSync(folder, copy, { recursive: true });
  return copy;
}

/** Opens the space for as long as `task` runs. */
export async function withSpace<T>(
  folder: string,
  task: (space: Space) => Promise<T>,
  more: Partial<SpaceParts> = {},
): Promise<T> {
  const space = await openSpace({ ...partsOf(folder), ...more });
  try {
    return await task(space);
  } finally {
    await space.close();
  }
}
