import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Modules of a kernel of Debian, put where an init can load them one after the other. */

export interface ModuleSource {
  /** Where the kernel's packages are unpacked. */
  readonly debian: string;
  /** A busybox that this machine can run: newer kernels come with their modules packed by xz. */
  readonly busybox: string;
}

/**
 * Copies the modules of these names, and all that they need, into `folder`, and writes the names into `folder/order`,
 * each after those it needs itself.
 */
export function copyModules(source: ModuleSource, names: readonly string[], folder: string): void {
  const paths = new Map<string, string>();
  for (const path of globSync(join(source.debian, '{lib,usr/lib}/modules/*/kernel/**/*.{ko,ko.xz}'))) {
    paths.set(plain(basename(path).replace(/\.ko(?:\.xz)?$/, '')), path);
  }
  const order: string[] = [];
  const take = (name: string): void => {
    if (order.includes(name)) return;
    const path = paths.get(name);
    if (path === undefined) throw new Error(`the kernel has no module ${name}`);
    const copy = join(folder, `${name}.ko`);
    if (path.endsWith('.xz')) writeFileSync(copy, unpacked(source.busybox, path));
    else copyFileSync(path, copy);
    for (const needed of neededBy(copy)) take(needed);
    order.push(name);
  };
  for (const name of names) take(plain(name));
  writeFileSync(join(folder, 'order'), order.join('\n'));
}

const MODULE_BYTES_MAX = 64 * 1024 * 1024;

function unpacked(busybox: string, path: string): Uint8Array {
  return execFileSync(busybox, ['xzcat', path], { maxBuffer: MODULE_BYTES_MAX });
}

/** The kernel takes both for one, and its own files are named now one way, now the other. */
function plain(name: string): string {
  return name.replaceAll('-', '_');
}

function neededBy(path: string): readonly string[] {
  const [, text = ''] = /\0depends=([^\0]*)\0/.exec(readFileSync(path, 'latin1')) ?? [];
  return text === '' ? [] : text.split(',').map(plain);
}
