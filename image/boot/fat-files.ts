import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert } from '../../src/base/assert.ts';
import type { BootBoard, Levels } from './boards.ts';
import { writeBootScript } from './boot-script.ts';
import { SECTOR_BYTES } from './layout.ts';
import { findTrees } from './slot-boot.ts';
import { encodeEnvironment } from './uboot-env.ts';

/** What the boot path puts on the FAT partition beside a board's firmware and U-Boot itself. */

/**
 * Fills `folder`: `boot.scr`; `uboot.env` for boards whose U-Boot reads its own environment from there; `levels.txt` or
 * `levels.env`; `config.txt` and device trees for the firmware of a Raspberry Pi.
 * @param trees a folder that has the kernel's device trees, at any depth; needed by boards whose firmware reads them.
 * @throws no_device_tree when it has none of a name this board needs; mkimage_failed.
 */
export function fillFat(board: BootBoard, folder: string, epochS: number, trees?: string): void {
  mkdirSync(folder, { recursive: true });
  writeBootScript(board, join(folder, 'boot.scr'), epochS);
  if (board.environment !== undefined) {
    const { values, bytes } = board.environment;
    writeFileSync(join(folder, 'uboot.env'), encodeEnvironment(values, bytes));
  }
  if (board.levels !== undefined) writeFileSync(join(folder, board.levels.file), sectorOf(board.levels));
  if (board.firmware === undefined) return;
  writeFileSync(join(folder, 'config.txt'), board.firmware.config);
  for (const [name, path] of findTrees(board.firmware.trees, trees)) copyFileSync(path, join(folder, name));
}

/** One sector, of which the board writes all or nothing. */
function sectorOf({ file, text }: Levels): string {
  assert(text.length < SECTOR_BYTES, `${file} fits a sector`);
  return `${text}\n`.padEnd(SECTOR_BYTES, '\n');
}
