import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../../src/base/errors.ts';
import type { Architecture } from '../architecture.ts';
import type { Commands } from '../command.ts';
import { sha256Of } from '../key.ts';
import { PACKAGES_MAX } from '../limits.ts';
import { describedPackages, exactName, type Package, parseUris, partsOf } from './package.ts';
import { readSources, type Sources } from './sources.ts';

/** A suite as the archive had it when its lists were fetched. */
export interface SuiteState {
  readonly suite: string;
  /** When the archive made it, in its own words: `Sun, 22 Nov 2026 20:12:44 UTC`. */
  readonly date: string;
  /** SHA-256 of its signed release file. */
  readonly sha256: string;
}

/**
 * An apt of its own, with lists of the suites that boards are made of and with nothing installed. It is asked what to
 * take; the machine's own packages and lists are neither read nor changed.
 */
export class Apt {
  readonly #folder: string;
  readonly #of: Architecture;
  readonly #commands: Commands;

  constructor(folder: string, architecture: Architecture, commands: Commands) {
    this.#folder = folder;
    this.#of = architecture;
    this.#commands = commands;
  }

  /** Fetches the lists of all suites, unless they are there and `isWanted` is false. */
  async update(isWanted: boolean): Promise<void> {
    const done = join(this.#folder, 'fetched');
    const sources = sourceLines(this.#of, await readSources(this.#commands));
    const configuration = sources + pinsOf(this.#of);
    if (!isWanted && (await readFile(done, 'utf8').catch(() => '')) === configuration) return;
    await rm(this.#folder, { recursive: true, force: true });
    const folders = ['etc/preferences.d', 'etc/apt.conf.d', 'state/lists/partial', 'cache/archives/partial'];
    for (const one of folders) await mkdir(join(this.#folder, one), { recursive: true });
    await writeFile(join(this.#folder, 'state/status'), '');
    await writeFile(join(this.#folder, 'etc/sources.list'), sources);
    await writeFile(join(this.#folder, 'etc/preferences.d/newer'), pinsOf(this.#of));
    await this.#run('apt-get', ['update', '-q', '-o', 'APT::Update::Error-Mode=any']);
    await writeFile(done, configuration);
  }

  /** Milliseconds since 1970 at which the lists were fetched. */
  async fetchedMs(): Promise<number> {
    return (await stat(join(this.#folder, 'fetched'))).mtimeMs;
  }

  async suites(): Promise<readonly SuiteState[]> {
    const lists = join(this.#folder, 'state/lists');
    const names = (await readdir(lists)).filter((name) => /_(In)?Release$/.test(name)).sort();
    return Promise.all(
      names.map(async (name) => {
        const text = await readFile(join(lists, name), 'utf8');
        const field = (wanted: string): string => new RegExp(`^${wanted}: *(.*)$`, 'm').exec(text)?.[1] ?? '';
        return { suite: field('Codename') || field('Suite'), date: field('Date'), sha256: sha256Of(text) };
      }),
    );
  }

  /**
   * All that is needed to install `names` where nothing is: what they depend on included, what they recommend not.
   * A name may be a pattern of apt, as `?essential`.
   */
  async resolve(names: readonly string[]): Promise<readonly Package[]> {
    const args = ['install', '--print-uris', '-q', '-q', '-y', '--no-install-recommends', ...names];
    const packages = await this.#described(await this.#run('apt-get', args));
    if (packages.length > PACKAGES_MAX) {
      throw new CodedError('too_many_packages', `${packages.length} packages, at most ${PACKAGES_MAX}`, {
        fields: { packages: packages.length },
        advice: 'look at what was added to image/packages: one of them depends on a whole desktop',
      });
    }
    return packages;
  }

  /** The newest of each of `names` that may be taken, without what they depend on. */
  async find(names: readonly string[]): Promise<readonly Package[]> {
    return this.#described(await this.#run('apt-get', ['download', '--print-uris', '-q', '-q', ...names]));
  }

  /** Puts the files of packages into `folder`; what is there already is kept. apt checks each against its hash. */
  async download(packages: readonly Package[], folder: string, onLine: (line: string) => void): Promise<void> {
    await mkdir(folder, { recursive: true });
    const there = new Set(await readdir(folder));
    const wanted = packages.filter(({ file }) => !there.has(file));
    if (wanted.length === 0) return;
    await this.#run('apt-get', ['download', '-q', ...wanted.map(exactName)], folder, onLine);
  }

  async #described(uris: string): Promise<readonly Package[]> {
    const files = parseUris(uris);
    const names = files.map((file) => exactName(partsOf(file)));
    return describedPackages(files, await this.#run('apt-cache', ['show', ...names]));
  }

  async #run(program: string, args: readonly string[], cwd?: string, onLine?: (line: string) => void): Promise<string> {
    const own = aptOptions(this.#folder, this.#of).flatMap((option) => ['-o', option]);
    return this.#commands.run(program, [...own, ...args], {
      ...(cwd === undefined ? {} : { cwd }),
      ...(onLine === undefined ? {} : { onLine }),
    });
  }
}

function aptOptions(folder: string, { architecture, isPastValidUntil }: Architecture): readonly string[] {
  return [
    `Dir::Etc::sourcelist=${folder}/etc/sources.list`,
    'Dir::Etc::sourceparts=/dev/null',
    `Dir::Etc::preferencesparts=${folder}/etc/preferences.d`,
    'Dir::Etc::preferences=/dev/null',
    `Dir::State=${folder}/state`,
    `Dir::State::status=${folder}/state/status`,
    `Dir::Cache=${folder}/cache`,
    `APT::Architecture=${architecture}`,
    `APT::Architectures=${architecture}`,
    'APT::Sandbox::User=root',
    'APT::Get::List-Cleanup=false',
    'Acquire::Languages=none',
    // The archive stops signing a suite that is not released for a while now and then, on purpose or not.
    ...(isPastValidUntil ? ['Acquire::Check-Valid-Until=false'] : []),
  ];
}

function sourceLines({ architecture, suites, components }: Architecture, sources: Sources): string {
  return suites
    .flatMap((suite) => {
      const address = suite.endsWith('-security') ? sources.security : sources.main;
      if (address === undefined) return [];
      const signed = `signed-by=${sources.keyring}`;
      return [`deb [arch=${architecture} ${signed}] ${address} ${suite} ${components.join(' ')}\n`];
    })
    .join('');
}

/** By itself apt takes nothing of backports: what is wanted of them is named. */
function pinsOf({ newer }: Architecture): string {
  return Object.entries(newer)
    .map(([suite, names]) => `Package: ${names.join(' ')}\nPin: release n=${suite}\nPin-Priority: 500\n\n`)
    .join('');
}
