import { existsSync, statSync } from 'node:fs';
import { CodedError } from '../base/errors.ts';
import { isJsonObject, type JsonObject } from '../base/json.ts';
import { readText, writeFileDurably } from '../store/files.ts';

/** JSON that only its owner may read. */

const SECRET_MODE = 0o600;

/** @throws key_exists, file_unwritable. */
export function writeSecret(path: string, value: JsonObject): void {
  if (existsSync(path)) {
    throw new CodedError('key_exists', `${path} is there already and is not replaced`, { fields: { path } });
  }
  writeFileDurably(path, `${JSON.stringify(value, null, 2)}\n`, SECRET_MODE);
}

/** @throws key_damaged, key_exposed; file_missing, file_unreadable, file_too_large. */
export function readSecret(path: string): JsonObject {
  const text = readText(path);
  if ((statSync(path).mode & 0o077) !== 0) {
    throw new CodedError('key_exposed', `${path} can be read by others`, {
      fields: { path },
      advice: `Make it private again: chmod 600 ${path}`,
    });
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // Told below.
  }
  throw damagedKey(path);
}

export function damagedKey(path: string): CodedError {
  return new CodedError('key_damaged', `${path} is not a key file of this release`, {
    fields: { path },
    advice: 'Put the file back from a backup.',
  });
}
