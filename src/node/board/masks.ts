import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { readText, syncFile, writeFileDurably } from '../../store/files.ts';
import type { Mask } from './card-patch.ts';

/**
 * Takes passwords off the card where they stand, byte by byte and without moving anything: nothing of a FAT is written
 * but the sectors that held them, which a new file and a rename would leave readable. What is to be written is durable on
 * the board first, so that a power cut in the middle leaves neither half a password nor half a file: the next start goes
 * on.
 */
export interface MaskedFile {
  readonly name: string;
  /** Length of the file. */
  readonly bytes: number;
  /** SHA-256, in hex, of the file with zeros where it is masked: of another file nothing is overwritten. */
  readonly rest: string;
  readonly masks: readonly Mask[];
}

/** @param content of the file as it stands on the card. */
export function maskedFile(name: string, content: Uint8Array, masks: readonly Mask[]): MaskedFile {
  return { name, bytes: content.length, rest: restOf(content, masks), masks };
}

/** What a mask of `files` puts off until `finishMasks`, durably in `path`. @throws file_unwritable. */
export function planMasks(path: string, files: readonly MaskedFile[]): void {
  writeFileDurably(path, JSON.stringify(files), 0o600);
}

/** Whether masks were planned and may not stand on the card yet. */
export function hasMasks(path: string): boolean {
  return existsSync(path);
}

/**
 * Writes what was planned in `path` over the files in `card`, and forgets the plan. Idempotent; a file that was changed
 * since is left alone, for it is read anew. Throws what the system does where the card cannot be written.
 */
export function finishMasks(path: string, card: string): void {
  for (const file of JSON.parse(readText(path)) as readonly MaskedFile[]) {
    const target = join(card, file.name);
    if (isStillThat(target, file)) overwrite(target, file.masks);
  }
  rmSync(path);
  syncFile(join(path, '..'));
}

function isStillThat(target: string, { bytes, rest, masks }: MaskedFile): boolean {
  if (!existsSync(target) || statSync(target).size !== bytes) return false;
  return restOf(readFileSync(target), masks) === rest;
}

function restOf(content: Uint8Array, masks: readonly Mask[]): string {
  const bytes = Uint8Array.from(content);
  for (const { start, end } of masks) bytes.fill(0, start, end);
  return createHash('sha256').update(bytes).digest('hex');
}

function overwrite(target: string, masks: readonly Mask[]): void {
  const file = openSync(target, 'r+');
  try {
    for (const { start, text } of masks) writeSync(file, text, start);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
