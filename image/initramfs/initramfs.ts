import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, zstdCompressSync } from 'node:zlib';
import { type CpioEntry, encodeCpio } from './cpio.ts';
import { collectModules } from './modules.ts';

/** The first file system: a static busybox, the modules that reach the disk, and `init`, which finds the root. */

export interface InitramfsParts {
  /** A static busybox for the board's processor. */
  readonly busybox: string;
  /** A folder in which the packages of the board's kernel are unpacked. */
  readonly kernel: string;
  /** Names of modules, in the order in which they are loaded. */
  readonly modules: readonly string[];
}

const ZSTD_LEVEL = 19;

/** The archive, packed by zstd. The same parts give the same bytes. @param epochS the time of its files, in seconds. */
export function makeInitramfs(parts: InitramfsParts, epochS: number): Uint8Array {
  const modules = collectModules(parts.kernel, parts.modules);
  const folder = (path: string): CpioEntry => ({ path, kind: 'folder', mode: 0o755 });
  const file = (path: string, mode: number, content: Uint8Array): CpioEntry => ({ path, kind: 'file', mode, content });
  const entries: readonly CpioEntry[] = [
    ...['bin', 'dev', 'modules', 'proc', 'slot', 'sys'].map(folder),
    // The kernel opens it before anything is mounted, for what `init` has to say.
    { path: 'dev/console', kind: 'character', mode: 0o600, device: [5, 1] },
    file('bin/busybox', 0o755, readFileSync(parts.busybox)),
    file('init', 0o755, readFileSync(join(import.meta.dirname, 'init'))),
    ...modules.map(({ name, bytes }) => file(`modules/${name}.ko`, 0o644, bytes)),
    file('modules/order', 0o644, Buffer.from(modules.map(({ name }) => `${name}\n`).join(''))),
  ];
  const params = { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL };
  return zstdCompressSync(encodeCpio(entries, epochS), { params });
}
