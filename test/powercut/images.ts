import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, globSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The images a machine is started from: its first file system, a disk with this release, a disk for its data. */

export const RELEASE = join(import.meta.dirname, '../..');
/** What a kernel without modules built in needs for a disk, each after those it needs itself. */
const MODULES = ['virtio_ring', 'virtio', 'virtio_pci_modern_dev', 'virtio_pci_legacy_dev', 'virtio_pci', 'virtio_blk'];
const SYSTEM_BYTES = 512 * 1024 * 1024;
/** Of one size whatever is in it: most of the file is a hole. */
const DATA_BYTES = 512 * 1024 * 1024;
/** mke2fs is no program for everybody on some systems. */
const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;

/** Makes a disk for `space`, the folder of a space that nobody has open, at `image`. */
export function makeDataDisk(space: string, image: string): void {
  const content = `${image}.content`;
  rmSync(content, { recursive: true, force: true });
  mkdirSync(content);
  cpSync(space, join(content, 'space'), { recursive: true });
  // Nothing is left to be written later that an orderly mkfs would have written.
  makeImage(content, image, DATA_BYTES, ['-E', 'lazy_itable_init=0,lazy_journal_init=0']);
  rmSync(content, { recursive: true });
}

/** Files of this release that the machine runs, relative to RELEASE. */
export function releaseFiles(): readonly string[] {
  const patterns = ['src/**/*.*', 'dapps/**/*.*', 'test/powercut/guest-*', 'package.json', 'package-lock.json'];
  return patterns.flatMap((pattern) => globSync(pattern, { cwd: RELEASE })).sort();
}

/** @param debian where the packages of kernel, busybox and e2fsck are unpacked. */
export function makeInitramfs(debian: string, folder: string, archive: string): void {
  for (const name of ['bin', 'modules', 'proc', 'dev', 'app']) mkdirSync(join(folder, name), { recursive: true });
  copyFileSync(join(debian, 'bin/busybox'), join(folder, 'bin/busybox'));
  copyFileSync(join(debian, 'sbin/e2fsck.static'), join(folder, 'bin/e2fsck'));
  copyFileSync(join(import.meta.dirname, 'guest-init.sh'), join(folder, 'init'));
  for (const name of MODULES) {
    const [module] = globSync(join(debian, `lib/modules/*/kernel/**/${name}.ko`));
    if (module === undefined) throw new Error(`the kernel has no module ${name}`);
    copyFileSync(module, join(folder, 'modules', `${name}.ko`));
  }
  writeFileSync(join(folder, 'modules/order'), MODULES.join('\n'));
  execFileSync('chmod', ['755', ...['init', 'bin/busybox', 'bin/e2fsck'].map((name) => join(folder, name))]);
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

export function makeSystem(folder: string, image: string): void {
  for (const name of ['bin', 'proc', 'dev', 'tmp', 'data', 'cache']) mkdirSync(join(folder, name), { recursive: true });
  copyFileSync(process.execPath, join(folder, 'bin/node'));
  for (const library of librariesOf(process.execPath)) copyInto(folder, library, library);
  for (const path of releaseFiles()) copyInto(folder, join(RELEASE, path), path);
  for (const path of productionPackages()) {
    cpSync(join(RELEASE, path), join(folder, path), { recursive: true, dereference: true, filter: isNeeded });
  }
  makeImage(folder, image, SYSTEM_BYTES, ['-O', '^has_journal']);
  rmSync(folder, { recursive: true });
}

function copyInto(folder: string, from: string, path: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  copyFileSync(from, join(folder, path));
}

/** What the dynamic linker loads for `program`, itself included. */
function librariesOf(program: string): readonly string[] {
  const text = execFileSync('ldd', [program], { encoding: 'utf8' });
  return [...text.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path);
}

/** Folders of the packages that are no tools: those of the lock file that are neither for development nor optional. */
function productionPackages(): readonly string[] {
  const lock = JSON.parse(readFileSync(join(RELEASE, 'package-lock.json'), 'utf8')) as LockFile;
  return Object.entries(lock.packages)
    .filter(([path, one]) => path !== '' && !one.dev && !one.optional && !one.devOptional)
    .map(([path]) => path);
}

interface LockFile {
  readonly packages: Readonly<Record<string, { dev?: boolean; optional?: boolean; devOptional?: boolean }>>;
}

/** Sources of native code and builds for other machines are most of some packages. */
function isNeeded(path: string): boolean {
  if (path.includes('/node_modules/better-sqlite3/')) {
    return !/better-sqlite3\/(?:deps|src)$/.test(path) && (!path.endsWith('.node') || path.endsWith('linux-x64.node'));
  }
  return !/\/prebuilds\/(?:android|darwin|win32)[^/]*$/.test(path);
}

function makeImage(content: string, image: string, bytes: number, options: readonly string[]): void {
  rmSync(image, { force: true });
  writeFileSync(image, '');
  truncateSync(image, bytes);
  execFileSync('mke2fs', ['-q', '-t', 'ext4', ...options, '-d', content, image], { env: { ...process.env, PATH } });
}
