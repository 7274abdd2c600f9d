import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CodedError, codeOf, messageOf } from '../base/errors.ts';

/**
 * Puts `content` at `path` so that a power cut leaves either the old file or the new one, whole.
 * @param mode permission bits of the new file, such as 0o600 for secrets.
 * @throws file_unwritable.
 */
export function writeFileDurably(path: string, content: string | Uint8Array, mode: number): void {
  try {
    writeDurably(path, content, mode);
  } catch (cause) {
    throw new CodedError('file_unwritable', `cannot write ${path}: ${messageOf(cause)}`, { cause, fields: { path } });
  }
}

function writeDurably(path: string, content: string | Uint8Array, mode: number): void {
  const draft = `${path}.new`;
  // One that a power cut left would keep its own mode.
  rmSync(draft, { force: true });
  const file = openSync(draft, 'wx', mode);
  try {
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
  syncFile(dirname(path));
}

/** Brings a file, or what a folder lists, to the disk itself. */
export function syncFile(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** @throws file_missing, file_unreadable. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = codeOf(cause) === 'ENOENT' ? 'file_missing' : 'file_unreadable';
    throw new CodedError(code, `cannot read ${path}`, { cause, fields: { path } });
  }
}
