import { concat, equalBytes, utf8 } from '../base/bytes.ts';
import { CodedError, type ErrorFields } from '../base/errors.ts';
import { type ArchiveKeys, type ArchiveSecret, archiveKeys, HEADER_TAG_BYTES, isSameTag } from './archive-secret.ts';

/** The 64 bytes a backup begins with. `BACKUP.md` beside this file has them byte by byte. */

export const BACKUP_MAGIC = utf8('BMBACKUP');
const VERSION = 1;
const MODES: readonly ArchiveSecret['mode'][] = ['plain', 'passphrase', 'key'];
/** scrypt with N = 2^16, r = 8, p = 1: the file does not choose how much memory we spend. */
const SCRYPT_BYTES = Uint8Array.of(16, 8, 1);
const VERSION_AT = 8;
const MODE_AT = 9;
const SCRYPT_AT = 10;
const SALT_AT = 16;
export const ARCHIVE_SALT_BYTES = 32;
const TAG_AT = SALT_AT + ARCHIVE_SALT_BYTES;
export const ARCHIVE_HEADER_BYTES = TAG_AT + HEADER_TAG_BYTES;

export interface ArchiveHeader {
  readonly mode: ArchiveSecret['mode'];
  readonly salt: Uint8Array;
  readonly bytes: Uint8Array;
}

/** @param salt 32 random bytes, never used before. */
export function makeHeader(secret: ArchiveSecret, salt: Uint8Array): { bytes: Uint8Array; keys: ArchiveKeys } {
  const head = new Uint8Array(TAG_AT);
  head.set(BACKUP_MAGIC);
  head[VERSION_AT] = VERSION;
  head[MODE_AT] = MODES.indexOf(secret.mode);
  if (secret.mode === 'passphrase') head.set(SCRYPT_BYTES, SCRYPT_AT);
  head.set(salt, SALT_AT);
  const keys = archiveKeys(secret, salt);
  return { bytes: concat(head, keys.headerTag(head)), keys };
}

/**
 * What a file's first bytes say, before anybody has shown a secret.
 * @throws backup_foreign when it is no backup; backup_version; backup_damaged.
 */
export function readHeader(bytes: Uint8Array, path: string): ArchiveHeader {
  const fields = { path };
  if (bytes.length < ARCHIVE_HEADER_BYTES || !equalBytes(bytes.subarray(0, BACKUP_MAGIC.length), BACKUP_MAGIC)) {
    throw new CodedError('backup_foreign', `${path} is not a backup`, {
      fields,
      advice: 'Name a file that `blockmesh backup` made; blocks of `blockmesh export` come in with `import`.',
    });
  }
  if (bytes[VERSION_AT] !== VERSION) {
    throw new CodedError('backup_version', `${path} is a backup of another version (${bytes[VERSION_AT]})`, {
      fields,
      advice: 'Restore it with the release that made it, or a newer one.',
    });
  }
  const mode = MODES[bytes[MODE_AT] ?? -1];
  const wanted = new Uint8Array(SALT_AT - SCRYPT_AT);
  if (mode === 'passphrase') wanted.set(SCRYPT_BYTES);
  if (mode === undefined || !equalBytes(bytes.subarray(SCRYPT_AT, SALT_AT), wanted)) {
    throw damaged(path, fields);
  }
  return { mode, salt: bytes.slice(SALT_AT, TAG_AT), bytes: bytes.slice(0, ARCHIVE_HEADER_BYTES) };
}

/** @throws backup_locked when another kind of secret is needed; backup_secret when it is the wrong one. */
export function unlockHeader(header: ArchiveHeader, secret: ArchiveSecret, path: string): ArchiveKeys {
  const fields = { path, mode: header.mode };
  if (header.mode !== secret.mode) {
    const words = { plain: 'is plain', passphrase: 'is sealed with a passphrase', key: 'is sealed with a key file' };
    throw new CodedError('backup_locked', `${path} ${words[header.mode]}`, {
      fields,
      advice: header.mode === 'key' ? 'Name its key file with --key-file.' : 'Give no key file for it.',
    });
  }
  const keys = archiveKeys(secret, header.salt);
  const head = header.bytes.subarray(0, TAG_AT);
  if (isSameTag(keys.headerTag(head), header.bytes.subarray(TAG_AT))) return keys;
  if (secret.mode === 'plain') throw damaged(path, fields);
  throw new CodedError('backup_secret', `the ${secret.mode} does not open ${path}`, {
    fields,
    advice: 'Try again; if you are sure of it, the first bytes of the file are damaged: use another copy.',
  });
}

function damaged(path: string, fields: ErrorFields): CodedError {
  const advice = 'Use another copy; nothing was taken from this one.';
  return new CodedError('backup_damaged', `the first bytes of ${path} are damaged`, { fields, advice });
}
