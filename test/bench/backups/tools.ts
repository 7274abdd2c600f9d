import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { ENGINE_FLAGS } from '../../../src/cli/engine-flags.ts';
import { RELEASE } from '../bench-space.ts';

/** A program that backs folders up into a place of its own. */
export interface Tool {
  readonly name: string;
  /** Called in an empty folder. */
  readonly begin: readonly (readonly string[])[];
  /** The command that backs `source` up as `version`. */
  readonly backup: (source: string, version: string) => readonly string[];
  /** What it keeps, in its folder. */
  readonly kept: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

const BLOCKMESH = [process.execPath, ...ENGINE_FLAGS, join(RELEASE, 'src/cli/main.ts')];

export const OURS: Tool = {
  name: 'blockmesh',
  begin: [[...BLOCKMESH, 'store', 'init', 'ours.db']],
  backup: (source, version) => [...BLOCKMESH, 'snapshot', 'create', source, '--name', version, '--store', 'ours.db'],
  kept: ['ours.db', 'ours.db-wal'],
};

/** Each as its users are told to use it; none encrypts but restic, which has no other way. */
export const RIVALS: readonly Tool[] = [
  {
    name: 'restic',
    begin: [['restic', 'init', '--quiet', '--repo', 'restic']],
    backup: (source) => ['restic', 'backup', '--quiet', '--repo', 'restic', source],
    kept: ['restic'],
    environment: { RESTIC_PASSWORD: 'bench', RESTIC_CACHE_DIR: 'restic-cache' },
  },
  {
    name: 'borg',
    begin: [['borg', 'init', '--encryption', 'none', 'borg']],
    backup: (source, version) => ['borg', 'create', '--compression', 'zstd,3', `borg::${version}`, source],
    kept: ['borg'],
    environment: { BORG_BASE_DIR: 'borg-base', BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK: 'yes' },
  },
  {
    name: 'casync',
    begin: [],
    backup: (source, version) => ['casync', 'make', '--store=casync.castr', `${version}.caidx`, source],
    kept: ['casync.castr', 'v1.caidx', 'v2.caidx'],
  },
];

/** What a backup took: GNU time counts the processes that a tool starts, too. */
export interface Cost {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Of its largest process. */
  readonly peakBytes: number;
  /** Everything it keeps now, in bytes. */
  readonly storedBytes: number;
}

/** Backs `v1` and then `v2` of a corpus up into `folder`, which must not be there. */
export async function costsOf(tool: Tool, corpus: string, folder: string): Promise<readonly [Cost, Cost]> {
  mkdirSync(folder, { recursive: true });
  const options = { cwd: folder, env: tool.environment ?? {}, stdin: 'ignore' } as const;
  for (const [program = '', ...words] of tool.begin) await execa(program, words, options);
  const one = async (version: string): Promise<Cost> => {
    const words = tool.backup(join(corpus, version), version);
    const { stderr } = await execa('/usr/bin/time', ['--format', '%e %U %S %M', ...words], options);
    const [seconds = 0, user = 0, system = 0, peakKib = 0] = (stderr.split('\n').at(-1) ?? '').split(' ').map(Number);
    return { seconds, cpuSeconds: user + system, peakBytes: peakKib * 1024, storedBytes: await bytesOf(tool, folder) };
  };
  return [await one('v1'), await one('v2')];
}

async function bytesOf({ kept }: Tool, folder: string): Promise<number> {
  const { stdout } = await execa('du', ['--bytes', '--total', '--summarize', ...kept], { cwd: folder, reject: false });
  return Number(stdout.split('\n').at(-1)?.split('\t')[0]);
}
