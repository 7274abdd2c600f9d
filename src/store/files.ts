import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CodedError, codeOf, messageOf } from '../base/errors.ts';
import { TEXT_FILE_BYTES_MAX } from '../base/limits.ts';

/**
 * Puts `content` at `path` so that a power cut leaves either the old file or the new one, whole.
 * @param mode permission bits of the new file, such as 0o600 for secrets.
 * @throws file_unwritable.
 */
export function writeFileDurably(path: string, content: string | Uint8Array, mode: number): void {
  try {
    writeDurably(path, content, mode);
  } catch (cause) {
    throw new CodedError('file_unwritable', `cannot write ${path}: ${messageOf(cause)}`, {
      cause,
      fields: { path },
      advice: 'Check that its folder is there and may be written, and that the disk has room.',
    });
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

const READ_BYTES = 64 * 1024;

/**
 * What stands in a file or comes through a pipe, and never more than `bytesMax + 1` bytes of it: the one more tells that
 * there is more, also of what has no end. Throws what the system does.
 */
export function readAtMost(path: string, bytesMax: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const pieces: Buffer[] = [];
    for (let left = bytesMax + 1; left > 0; ) {
      const piece = Buffer.alloc(Math.min(READ_BYTES, left));
      const bytes = readSync(file, piece);
      if (bytes === 0) break;
      pieces.push(piece.subarray(0, bytes));
      left -= bytes;
    }
    return Buffer.concat(pieces);
  } finally {
    closeSync(file);
  }
}

/** A file of text, a pipe too. @throws file_missing, file_unreadable; file_too_large above `bytesMax`. */
export function readText(path: string, bytesMax = TEXT_FILE_BYTES_MAX): string {
  const bytes = readable(path, () => readAtMost(path, bytesMax));
  if (bytes.length <= bytesMax) return bytes.toString('utf8');
  throw new CodedError('file_too_large', `${path} has over ${bytesMax} bytes`, {
    fields: { path, bytesMax },
    advice: 'Check that it is the file that was meant, and what has been written into it.',
  });
}

function readable<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const code = codeOf(cause) === 'ENOENT' ? 'file_missing' : 'file_unreadable';
    throw new CodedError(code, `cannot read ${path}: ${messageOf(cause)}`, {
      cause,
      fields: { path },
      advice: 'Check that it is there, that it is a file, and that you may read it.',
    });
  }
}
