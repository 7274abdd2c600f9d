import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the command takes from its surroundings, read once. */
export interface Environment {
  /** The space's folder when no `--folder` names one. */
  readonly folder: string;
  /** This release's own folder, with `src` and `dapps` in it. */
  readonly release: string;
  /** Where dapps' programs are looked up; this very Node comes first, so that a dapp's `node` is ours. */
  readonly programPath: string;
}

const INSTALLED = '/var/lib/blockmesh';

export function readEnvironment(variables: NodeJS.ProcessEnv): Environment {
  const release = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
  const folder =
    variables.BLOCKMESH_FOLDER ?? (existsSync(join(INSTALLED, 'ledger.db')) ? INSTALLED : demoFolder(release));
  const programPath = `${dirname(process.execPath)}:${variables.PATH ?? '/usr/bin:/bin'}`;
  return Object.freeze({ folder: resolve(folder), release, programPath });
}

/** The space that `make run` makes. */
export function demoFolder(release: string): string {
  return join(release, 'build/demo');
}
