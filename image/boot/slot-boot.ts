import { copyFileSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { constants, crc32, gzipSync } from 'node:zlib';
import { CodedError } from '../../src/base/errors.ts';
import type { BootBoard } from './boards.ts';
import { compileOverlays } from './overlays.ts';

/** What a slot holds in /boot: all that U-Boot loads from it. */

const OVERLAYS = '../../hw/overlays';

export interface SlotBootParts {
  readonly kernel: string;
  readonly initramfs: string;
  /** A folder that has the kernel's device trees, at any depth; needed by boards that have some. */
  readonly trees?: string;
}

/**
 * Fills the folder `boot`: `vmlinuz`, `initramfs`, `dtbs/`, `overlays/`, and `boot.env`, by which U-Boot knows whether
 * the first two are whole.
 * @throws no_device_tree when the kernel has none of a name this board needs; overlay_invalid.
 */
export function fillSlotBoot(board: BootBoard, parts: SlotBootParts, boot: string): void {
  mkdirSync(boot, { recursive: true });
  const kernel = packedFor(board, readFileSync(parts.kernel));
  const initramfs = readFileSync(parts.initramfs);
  writeFileSync(join(boot, 'vmlinuz'), kernel);
  writeFileSync(join(boot, 'initramfs'), initramfs);
  writeFileSync(join(boot, 'boot.env'), [...sumsOf('kernel', kernel), ...sumsOf('initramfs', initramfs)].join(''));
  if (board.trees !== undefined) {
    const folder = join(boot, 'dtbs', board.trees.folder);
    mkdirSync(folder, { recursive: true });
    for (const [name, path] of findTrees(board.trees.names, parts.trees)) copyFileSync(path, join(folder, name));
  }
  if (board.overlays !== undefined)
    compileOverlays(join(import.meta.dirname, OVERLAYS, board.overlays), join(boot, 'overlays'));
}

/** A card is read slowly, and Debian's kernel for arm64 is not packed: packed by gzip it is a third as long. */
function packedFor(board: BootBoard, kernel: Uint8Array): Uint8Array {
  return board.addresses.unpacked === undefined ? kernel : gzipSync(kernel, { level: constants.Z_BEST_COMPRESSION });
}

/** U-Boot stores a CRC in one byte order or the other, depending on what it was built with: it is told both. */
function sumsOf(name: string, bytes: Uint8Array): readonly string[] {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  const plain = sum.toString('hex');
  const swapped = sum.swap32().toString('hex');
  const size = bytes.length.toString(16);
  return [`${name}_size=${size}\n`, `${name}_crc=${plain}\n`, `${name}_crc_swapped=${swapped}\n`];
}

/** Where the kernel's package has the trees of these names; its folders are called one way now and another then. */
export function findTrees(names: readonly string[], folder?: string): ReadonlyMap<string, string> {
  const paths = folder === undefined ? [] : globSync(join(folder, '**/*.dtb'));
  const found = new Map(paths.map((path) => [basename(path), path]));
  return new Map(
    names.map((name) => {
      const path = found.get(name);
      if (path !== undefined) return [name, path];
      throw new CodedError(
        'no_device_tree',
        `there is no device tree ${name} below ${folder ?? 'any folder: none was given'}`,
        {
          fields: { name, folder: folder ?? null },
          advice:
            'give the folder usr/lib/linux-image-* of the unpacked kernel, or mend the names in image/boot/boards.ts',
        },
      );
    }),
  );
}
