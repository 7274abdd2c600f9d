import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BootBoard } from './boards.ts';
import { writeBootScript } from './boot-script.ts';
import { encodeEnvironment } from './uboot-env.ts';

/** What the boot path puts on the FAT partition beside a board's firmware and U-Boot itself. */

/** Fills `folder`: `boot.scr`, and `uboot.env` for boards whose U-Boot reads its own environment from there. */
export function fillFat(board: BootBoard, folder: string, epochS: number): void {
  mkdirSync(folder, { recursive: true });
  writeBootScript(board, join(folder, 'boot.scr'), epochS);
  if (board.environment === undefined) return;
  const { values, bytes } = board.environment;
  writeFileSync(join(folder, 'uboot.env'), encodeEnvironment(values, bytes));
}
