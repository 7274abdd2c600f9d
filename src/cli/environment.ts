import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { SystemdVariables } from '../node/systemd.ts';

/** What the command takes from its surroundings, read once. */
export interface Environment extends Release {
  /** The space's folder when no `--folder` names one. */
  readonly folder: string;
  /** Where dapps' programs are looked up; this very Node comes first, so that a dapp's `node` is ours. */
  readonly programPath: string;
  /** Of the service that this process is. */
  readonly service: SystemdVariables;
}

/** Where the parts of this release are: in a checkout, or beside the bundle that this file went into. */
interface Release {
  /** Its own folder. */
  readonly release: string;
  readonly version: string;
  /** The folder of the dapps. */
  readonly dapps: string;
  /** The commented blockmesh.toml of a new space. */
  readonly configExample: string;
  /** What Node runs as the command itself, and as a pins process without pins. */
  readonly programs: { readonly blockmesh: string; readonly virtualPins: string };
}

const INSTALLED = '/var/lib/blockmesh';

export function readEnvironment(variables: NodeJS.ProcessEnv): Environment {
  const { filename, dirname } = import.meta;
  const release = filename.endsWith('.ts') ? checkout(resolve(dirname, '../..')) : bundle(dirname);
  const isInstalled = existsSync(join(INSTALLED, 'ledger.db'));
  const folder = variables.BLOCKMESH_FOLDER ?? (isInstalled ? INSTALLED : demoFolder(release.release));
  const programPath = `${resolve(process.execPath, '..')}:${variables.PATH ?? '/usr/bin:/bin'}`;
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID } = variables;
  const service = { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID };
  return Object.freeze({ ...release, folder: resolve(folder), programPath, service });
}

/** The space that `make run` makes. */
export function demoFolder(release: string): string {
  return join(release, 'build/demo');
}

function checkout(release: string): Release {
  return {
    release,
    version: versionIn(join(release, 'package.json')),
    dapps: join(release, 'dapps'),
    configExample: join(release, 'src/node/blockmesh.example.toml'),
    programs: {
      blockmesh: join(release, 'src/cli/main.ts'),
      virtualPins: join(release, 'src/devices/pins/virtual-main.ts'),
    },
  };
}

/** As `make board-parts` lays it out. */
function bundle(release: string): Release {
  return {
    release,
    version: versionIn(join(release, 'release.json')),
    dapps: join(release, 'dapps'),
    configExample: join(release, 'blockmesh.example.toml'),
    programs: {
      blockmesh: join(release, 'blockmesh.mjs'),
      virtualPins: join(release, 'virtual-main.mjs'),
    },
  };
}

function versionIn(path: string): string {
  return (JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string }).version;
}
