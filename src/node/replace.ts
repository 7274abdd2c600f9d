import { closeSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { equalBytes } from '../base/bytes.ts';
import { CodedError, messageOf } from '../base/errors.ts';

/**
 * Whether a new file may come to `path`: there is nothing yet, or, with `mayReplace`, an empty file or one of the same
 * kind, which begins with `magic`. A slip must not put a backup in the place of the ledger, of a key, or of a disk. To
 * be asked before the work as well as at its end.
 * @throws backup_exists; replace_foreign; file_unreadable.
 */
export function refuseExisting(path: string, mayReplace: boolean, magic: Uint8Array): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!mayReplace) {
    throw new CodedError('backup_exists', `${path} is there already`, {
      fields: { path },
      advice: 'Name another file, or say --replace.',
    });
  }
  if (isOfKind(path, stat, magic)) return;
  throw new CodedError('replace_foreign', `${path} was not made by this command, and is not replaced`, {
    fields: { path },
    advice: 'Name another file; if nobody needs that one, remove it first.',
  });
}

function isOfKind(path: string, stat: Stats, magic: Uint8Array): boolean {
  if (!stat.isFile()) return false;
  if (stat.size === 0) return true;
  const start = new Uint8Array(magic.length);
  try {
    const file = openSync(path, 'r');
    try {
      return readSync(file, start, 0, start.length, 0) === start.length && equalBytes(start, magic);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw new CodedError('file_unreadable', `cannot read ${path}: ${messageOf(cause)}`, { cause, fields: { path } });
  }
}
