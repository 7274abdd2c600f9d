import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { STATE_BYTES, STATE_COPY_BYTES, STATE_COPY_DISTANCE_BYTES } from '../../image/boot/layout.ts';
import { decodeSlotStates, encodeSlotState, type SlotState } from '../../image/boot/slot-state.ts';
import { STARTS } from './boot-disk.ts';

/** What is done to a card before a board is started from it, and what is read from it afterwards. */

const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;

export type Slot = 'A' | 'B';

export function writeAt(disk: string, at: number, bytes: Uint8Array): void {
  const file = openSync(disk, 'r+');
  writeSync(file, bytes, 0, bytes.length, at);
  closeSync(file);
}

export function readAt(disk: string, at: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const file = openSync(disk, 'r');
  readSync(file, bytes, 0, length, at);
  closeSync(file);
  return bytes;
}

/** Where a copy of the slot state begins on the card. */
export function copyStart(copy: 1 | 2): number {
  return STARTS.state + (copy - 1) * STATE_COPY_DISTANCE_BYTES;
}

export function setState(disk: string, state: SlotState): void {
  writeAt(disk, STARTS.state, encodeSlotState(state));
}

/** Flips a bit in the last kilobyte of a copy. */
export function spoilCopy(disk: string, copy: 1 | 2): void {
  const at = copyStart(copy) + STATE_COPY_BYTES - 700;
  const [byte = 0] = readAt(disk, at, 1);
  writeAt(disk, at, Uint8Array.of(byte ^ 1));
}

/** Both copies; undefined for one that is damaged. */
export function statesOf(disk: string): readonly (SlotState | undefined)[] {
  return decodeSlotStates(readAt(disk, STARTS.state, STATE_BYTES));
}

/** Runs commands of debugfs in the file system of a slot. */
function inSlot(disk: string, slot: Slot, commands: readonly string[]): void {
  const at = slot === 'A' ? STARTS.slotA : STARTS.slotB;
  execFileSync('debugfs', ['-w', '-f', '-', `${disk}?offset=${at}`], {
    env: { ...process.env, PATH },
    input: commands.map((one) => `${one}\n`).join(''),
    stdio: ['pipe', 'ignore', 'ignore'],
  });
}

/** What the FAT partition says beside the boot script, in the file `name`. */
export function setOptions(disk: string, name: 'board.env' | 'levels.env', text: string): void {
  const source = `${disk}.file`;
  writeFileSync(source, text);
  execFileSync('mcopy', ['-o', '-i', `${disk}@@${STARTS.boot}`, source, `::${name}`], {
    env: { ...process.env, PATH },
  });
}

/** What the slot does once it runs; see boot-root/init. */
export function setMode(disk: string, slot: Slot, mode: string): void {
  replaceFile(disk, slot, '/mode', `${mode}\n`);
}

export function replaceFile(disk: string, slot: Slot, path: string, text: string): void {
  const source = `${disk}.file`;
  writeFileSync(source, text);
  inSlot(disk, slot, [`rm ${path}`, `write ${source} ${path}`]);
}

export function removeFile(disk: string, slot: Slot, path: string): void {
  inSlot(disk, slot, [`rm ${path}`]);
}

/** Flips a bit in the middle of a file, without changing anything else of the file system. */
export function spoilFile(disk: string, slot: Slot, path: string, block: number): void {
  const at = slot === 'A' ? STARTS.slotA : STARTS.slotB;
  const said = execFileSync('debugfs', ['-R', `bmap ${path} ${block}`, `${disk}?offset=${at}`], {
    env: { ...process.env, PATH },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const physical = Number(said.trim());
  if (!(physical > 0)) throw new Error(`${path} has no block ${block}: ${said}`);
  const offset = at + physical * 4096 + 1000;
  const [byte = 0] = readAt(disk, offset, 1);
  writeAt(disk, offset, Uint8Array.of(byte ^ 4));
}
