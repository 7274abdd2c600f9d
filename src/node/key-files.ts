import { createCipheriv, createDecipheriv, scryptSync } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fromHex, toHex } from '../base/bytes.ts';
import { CodedError } from '../base/errors.ts';
import { isJsonObject, type JsonObject } from '../base/json.ts';
import { BADGE_KEYS_MAX } from '../base/limits.ts';
import type { Randomness } from '../base/ports.ts';
import { SEED_BYTES, type SigningKey, signingKey } from '../format/ed25519.ts';
import { readText, writeFileDurably } from '../store/files.ts';

/** Keys on disk: JSON, mode 0600. A node's own keys lie open to it; a founder's is sealed or kept elsewhere. */

/** scrypt (RFC 7914): 64 MiB and about a quarter of a second on a desktop, some seconds on a small board. */
const SCRYPT = { N: 65_536, r: 8, p: 1, maxmem: 128 * 1024 * 1024 };
const SECRET_MODE = 0o600;
const GCM_NONCE_BYTES = 12;
const GCM_TAG_BYTES = 16;

export interface KeyFolder {
  /** Signs facts of this board. */
  readonly node: string;
  /** Signs commands that the founder gives at this board. */
  readonly console: string;
  /** The ring of badge keys. */
  readonly badges: string;
  /** The founder's own key, where it is kept here. */
  readonly founder: string;
}

export function keyFolder(folder: string): KeyFolder {
  const path = (name: string) => join(folder, 'keys', name);
  return {
    node: path('node.json'),
    console: path('console.json'),
    badges: path('badges.json'),
    founder: path('founder.json'),
  };
}

export function writeOpenKey(path: string, seed: Uint8Array): void {
  writeJson(path, { kind: 'ed25519', seed: toHex(seed) });
}

export function writeSealedKey(path: string, seed: Uint8Array, passphrase: string, randomness: Randomness): void {
  const salt = randomness.bytes(16);
  const nonce = randomness.bytes(GCM_NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', scryptSync(passphrase, salt, 32, SCRYPT), nonce);
  const sealed = Buffer.concat([cipher.update(seed), cipher.final(), cipher.getAuthTag()]);
  const { N, r, p } = SCRYPT;
  writeJson(path, {
    kind: 'ed25519-sealed',
    scrypt: { N, r, p, salt: toHex(salt) },
    cipher: 'aes-256-gcm',
    nonce: toHex(nonce),
    sealed: toHex(sealed),
  });
}

/** @throws key_sealed (a passphrase is needed), key_passphrase (it is the wrong one), key_damaged, file_missing. */
export function readKey(path: string, passphrase?: string): SigningKey {
  return signingKey(readSeed(path, passphrase));
}

function readSeed(path: string, passphrase: string | undefined): Uint8Array {
  const file = readJson(path);
  if (file.kind === 'ed25519' && typeof file.seed === 'string') return checkedSeed(fromHex(file.seed), path);
  if (file.kind !== 'ed25519-sealed') throw damaged(path);
  if (passphrase === undefined) {
    throw new CodedError('key_sealed', `${path} is sealed with a passphrase`, { fields: { path } });
  }
  const { scrypt, nonce, sealed } = file;
  if (
    !isJsonObject(scrypt) ||
    typeof scrypt.salt !== 'string' ||
    typeof nonce !== 'string' ||
    typeof sealed !== 'string'
  ) {
    throw damaged(path);
  }
  const { N, r, p } = SCRYPT;
  // The file does not choose how much memory we spend.
  if (scrypt.N !== N || scrypt.r !== r || scrypt.p !== p) throw damaged(path);
  const bytes = fromHex(sealed);
  const decipher = createDecipheriv(
    'aes-256-gcm',
    scryptSync(passphrase, fromHex(scrypt.salt), 32, SCRYPT),
    fromHex(nonce),
    {
      authTagLength: GCM_TAG_BYTES,
    },
  );
  decipher.setAuthTag(bytes.subarray(-GCM_TAG_BYTES));
  try {
    const seed = Buffer.concat([decipher.update(bytes.subarray(0, -GCM_TAG_BYTES)), decipher.final()]);
    return checkedSeed(new Uint8Array(seed), path);
  } catch (cause) {
    throw new CodedError('key_passphrase', `the passphrase does not open ${path}`, { cause, fields: { path } });
  }
}

function checkedSeed(seed: Uint8Array, path: string): Uint8Array {
  if (seed.length !== SEED_BYTES) throw damaged(path);
  return seed;
}

/** One HMAC key of the ring; readers hash with the newest first. */
export interface BadgeKey {
  readonly epoch: string;
  readonly key: Uint8Array;
}

export function writeBadgeKeys(path: string, ring: readonly BadgeKey[]): void {
  writeJson(path, { kind: 'badge-keys', ring: ring.map(({ epoch, key }) => ({ epoch, key: toHex(key) })) });
}

/** The ring, newest first. */
export function readBadgeKeys(path: string): readonly BadgeKey[] {
  const file = readJson(path);
  if (file.kind !== 'badge-keys' || !Array.isArray(file.ring) || file.ring.length === 0) throw damaged(path);
  if (file.ring.length > BADGE_KEYS_MAX) throw damaged(path);
  return file.ring.map((item) => {
    if (!isJsonObject(item) || typeof item.epoch !== 'string' || typeof item.key !== 'string') throw damaged(path);
    return { epoch: item.epoch, key: fromHex(item.key) };
  });
}

function writeJson(path: string, value: JsonObject): void {
  if (existsSync(path)) {
    throw new CodedError('key_exists', `${path} is there already and is not replaced`, { fields: { path } });
  }
  writeFileDurably(path, `${JSON.stringify(value, null, 2)}\n`, SECRET_MODE);
}

function readJson(path: string): JsonObject {
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
  throw damaged(path);
}

function damaged(path: string): CodedError {
  return new CodedError('key_damaged', `${path} is not a key file of this release`, {
    fields: { path },
    advice: 'Put the file back from a backup.',
  });
}
