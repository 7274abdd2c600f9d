import { cpSync, globSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeImage, makeInitramfs } from '../machine/images.ts';
import { RELEASE } from '../machine/release.ts';

/** The images of the machine whose power is cut: its first file system, and a disk for its data. */

/** What a kernel without modules built in needs for a disk. */
const MODULES = ['virtio_pci', 'virtio_blk'];
/** Of one size whatever is in it: most of the file is a hole. */
const DATA_BYTES = 512 * 1024 * 1024;

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
export function makeFirstFiles(debian: string, folder: string, archive: string): void {
  const init = join(import.meta.dirname, 'guest-init.sh');
  const programs = [join(debian, 'sbin/e2fsck.static')];
  makeInitramfs({ debian, busybox: join(debian, 'bin/busybox'), programs, modules: MODULES, init }, folder, archive);
}
