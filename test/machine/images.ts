import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, globSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { copyModules, type ModuleSource } from './modules.ts';
import { isNeeded, productionPackages } from './packages.ts';
import { RELEASE } from './release.ts';

/** The images an emulated machine is started from: its first file system, and a disk with this release. */

/** Of one size whatever is in it: most of the file is a hole. */
const SYSTEM_BYTES = 512 * 1024 * 1024;
/** mke2fs is no program for everybody on some systems. */
const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;

export interface InitramfsParts extends ModuleSource {
  /** Programs that need no library, beside busybox; they keep their names, without an ending `.static`. */
  readonly programs: readonly string[];
  readonly modules: readonly string[];
  /** The script that the kernel starts as the first process. */
  readonly init: string;
}

/** Makes `archive`, the first file system; `folder` is scratch. */
export function makeInitramfs(parts: InitramfsParts, folder: string, archive: string): void {
  for (const name of ['bin', 'modules', 'proc', 'dev', 'sys', 'app']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  const copy = (from: string, to: string) => {
    copyFileSync(from, join(folder, to));
    chmodSync(join(folder, to), 0o755);
  };
  for (const program of [parts.busybox, ...parts.programs]) copy(program, `bin/${basename(program, '.static')}`);
  copy(parts.init, 'init');
  copyModules(parts, parts.modules, join(folder, 'modules'));
  const names = globSync('**/*', { cwd: folder }).sort();
  const input = ['.', ...names].map((name) => `${name}\n`).join('');
  const bytes = execFileSync('cpio', ['--quiet', '-o', '-H', 'newc', '-R', '0:0'], {
    cwd: folder,
    input,
    maxBuffer: SYSTEM_BYTES,
  });
  writeFileSync(archive, bytes);
  rmSync(folder, { recursive: true });
}

export interface SystemParts {
  /** Files of this release, relative to RELEASE, that are to be there under the same names. */
  readonly files: readonly string[];
  /** Folders of packages, relative to RELEASE, that are needed beside those of a board. */
  readonly packages?: readonly string[];
  /** Programs of this machine that are needed with their libraries, and the names they get. */
  readonly programs?: Readonly<Record<string, string>>;
}

/** Makes `image`, a disk with our Node and this release; `folder` is scratch. */
export function makeSystem(parts: SystemParts, folder: string, image: string): void {
  for (const name of ['bin', 'proc', 'sys', 'dev', 'tmp', 'data', 'cache']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  const programs = { 'bin/node': process.execPath, ...parts.programs };
  copyPrograms(programs, folder);
  for (const path of parts.files) copyInto(folder, join(RELEASE, path), path);
  for (const path of [...productionPackages(), ...(parts.packages ?? [])]) {
    cpSync(join(RELEASE, path), join(folder, path), { recursive: true, dereference: true, filter: isNeeded });
  }
  makeImage(folder, image, SYSTEM_BYTES, ['-O', '^has_journal']);
  rmSync(folder, { recursive: true });
}

/** Copies programs of this machine with their libraries. @param programs by the names they get in `folder`. */
export function copyPrograms(programs: Readonly<Record<string, string>>, folder: string): void {
  for (const [name, program] of Object.entries(programs)) {
    copyInto(folder, program, name);
    for (const library of librariesOf(program)) copyInto(folder, library, library);
  }
}

/** Makes `image`, an ext4 file system that holds what is in the folder `content`. */
export function makeImage(content: string, image: string, bytes: number, options: readonly string[]): void {
  rmSync(image, { force: true });
  writeFileSync(image, '');
  truncateSync(image, bytes);
  execFileSync('mke2fs', ['-q', '-t', 'ext4', ...options, '-d', content, image], { env: { ...process.env, PATH } });
}

function copyInto(folder: string, from: string, path: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  copyFileSync(from, join(folder, path));
}

/** What the dynamic linker loads for `program`, itself included; nothing for one that was linked whole. */
function librariesOf(program: string): readonly string[] {
  const { stdout, error } = spawnSync('ldd', [program], { encoding: 'utf8' });
  if (error !== undefined) throw error;
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path);
}
