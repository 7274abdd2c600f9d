import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the command takes from its surroundings, read once. */
export interface Environment {
  /** The space's folder when no `--folder` names one. */
  readonly folder: string;
  /** This release's own folder, with `src` and `dapps` in it. */
  readonly release: string;
  readonly version: string;
  /** Where dapps' programs are looked up; this very Node comes first, so that a dapp's `node` is ours. */
  readonly programPath: string;
}

const INSTALLED = '/var/lib/blockmesh';

export function readEnvironment(variables: NodeJS.ProcessEnv): Environment {
  const release = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
  const folder =
    variables.BLOCKMESH_FOLDER ?? (existsSync(join(INSTALLED, 'ledger.db')) ? INSTALLED : demoFolder(release));
  const programPath = `${dirname(process.execPath)}:${variables.PATH ?? '/usr/bin:/bin'}`;
  const { version } = JSON.parse(readFileSync(join(release, 'package.json'), 'utf8')) as { readonly version: string };
  return Object.freeze({ folder: resolve(folder), release, version, programPath });
}

/** The space that `make run` makes. */
export function demoFolder(release: string): string {
  return join(release, 'build/demo');
}
