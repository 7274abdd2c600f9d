import { assert } from '../../src/base/assert.ts';
import type { Board } from '../board.ts';
import { BOOT_BOARDS, type BootBoard } from '../boot/boards.ts';

/** What the boot path knows of a board. */
export function bootBoardOf({ name }: Board): BootBoard {
  const found = BOOT_BOARDS[name];
  assert(found !== undefined, `image/boot/boards.ts has every board of image/boards: ${name}`);
  return found;
}
