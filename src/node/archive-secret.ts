import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { concat, fromHex, toHex, utf8 } from '../base/bytes.ts';
import { CodedError } from '../base/errors.ts';
import { isJsonObject } from '../base/json.ts';
import type { Randomness } from '../base/ports.ts';
import { readText, writeFileDurably } from '../store/files.ts';
import { passphraseKey } from './passphrase-key.ts';

/** What opens a backup. `plain` opens by itself: whoever has the file has the space. */
export type ArchiveSecret =
  | { readonly mode: 'plain' }
  | { readonly mode: 'passphrase'; readonly passphrase: string }
  | { readonly mode: 'key'; readonly key: Uint8Array };

/** The keys of one file; made from its salt, so that no two files share a nonce under one key. */
export interface ArchiveKeys {
  /** AES-256-GCM key of the chunks; null where they are only checked against rot. */
  readonly chunks: Uint8Array | null;
  /** The first 16 bytes of what binds the header to the secret. */
  readonly headerTag: (header: Uint8Array) => Uint8Array;
}

export const HEADER_TAG_BYTES = 16;
const KEY_BYTES = 32;
const CHUNKS_INFO = utf8('blockmesh/backup/1 chunks');
const HEADER_INFO = utf8('blockmesh/backup/1 header');

export function archiveKeys(secret: ArchiveSecret, salt: Uint8Array): ArchiveKeys {
  if (secret.mode === 'plain') {
    return { chunks: null, headerTag: (header) => first16(createHash('sha256').update(header).digest()) };
  }
  const master = secret.mode === 'key' ? secret.key : passphraseKey(secret.passphrase, salt);
  const derived = (info: Uint8Array) => new Uint8Array(hkdfSync('sha256', master, salt, info, KEY_BYTES));
  const headerKey = derived(HEADER_INFO);
  return {
    chunks: derived(CHUNKS_INFO),
    headerTag: (header) => first16(createHmac('sha256', headerKey).update(header).digest()),
  };
}

export function isSameTag(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Says that nothing was altered by accident; anybody can make it. */
export function plainTag(nonce: Uint8Array, chunk: Uint8Array, salt: Uint8Array): Uint8Array {
  return first16(createHash('sha256').update(concat(salt, nonce)).update(chunk).digest());
}

function first16(digest: Uint8Array): Uint8Array {
  return new Uint8Array(digest.subarray(0, HEADER_TAG_BYTES));
}

/**
 * The key in `path`, which is made when it is not there: JSON, readable by its owner alone.
 * @throws backup_key_file when it is something else; file_unreadable; file_unwritable.
 */
export function archiveKeyFile(path: string, randomness: Randomness | null): Uint8Array {
  if (randomness !== null && !existsSync(path)) {
    const key = randomness.bytes(KEY_BYTES);
    writeFileDurably(path, `${JSON.stringify({ kind: 'backup-key', key: toHex(key) })}\n`, 0o600);
    return key;
  }
  const text = readText(path);
  if ((statSync(path).mode & 0o077) !== 0) throw unusable(path, 'can be read by others', `chmod 600 ${path}`);
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value) && value.kind === 'backup-key' && typeof value.key === 'string') {
      if (/^[0-9a-f]{64}$/.test(value.key)) return fromHex(value.key);
    }
  } catch {
    // Told below.
  }
  throw unusable(path, 'is not a key file for backups', 'Name the file that `blockmesh backup --key-file` made.');
}

function unusable(path: string, what: string, advice: string): CodedError {
  return new CodedError('backup_key_file', `${path} ${what}`, { fields: { path }, advice });
}
