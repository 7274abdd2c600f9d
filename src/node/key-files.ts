import { createCipheriv, createDecipheriv } from 'node:crypto';
import { join } from 'node:path';
import { fromHex, toHex } from '../base/bytes.ts';
import { CodedError } from '../base/errors.ts';
import { isJsonObject, type Json } from '../base/json.ts';
import { BADGE_KEYS_MAX } from '../base/limits.ts';
import type { Randomness } from '../base/ports.ts';
import { SEED_BYTES, type SigningKey, signingKey } from '../format/ed25519.ts';
import { passphraseKey, SCRYPT_COST } from './passphrase-key.ts';
import { damagedKey, readSecret, writeSecret } from './secret-file.ts';

/** Keys on disk: JSON, mode 0600. A node's own keys lie open to it; a founder's is sealed or kept elsewhere. */

const CIPHER = 'aes-256-gcm';
const SALT_BYTES = 16;
const GCM_NONCE_BYTES = 12;
const GCM_TAG_BYTES = 16;
const BADGE_KEY_BYTES = 32;
const HEX = /^[0-9a-f]*$/;
/** As it stands in the keys of the state that dapps keep. */
const EPOCH = /^[A-Za-z0-9_-]{1,64}$/;

export interface KeyFolder {
  /** Signs facts of this board. */
  readonly node: string;
  /** Signs commands that the founder gives at this board. */
  readonly console: string;
  /** The ring of badge keys. */
  readonly badges: string;
  /** The founder's own key, where it is kept here. */
  readonly founder: string;
  /** Signs the certificate of this board's broker; absent until that has started. */
  readonly mqttCa: string;
  /** What the broker shows of itself. */
  readonly mqttServer: string;
}

export function keyFolder(folder: string): KeyFolder {
  const path = (name: string) => join(folder, 'keys', name);
  return {
    node: path('node.json'),
    console: path('console.json'),
    badges: path('badges.json'),
    founder: path('founder.json'),
    mqttCa: path('mqtt-ca.json'),
    mqttServer: path('mqtt-server.json'),
  };
}

export function writeOpenKey(path: string, seed: Uint8Array): void {
  writeSecret(path, { kind: 'ed25519', seed: toHex(seed) });
}

export function writeSealedKey(path: string, seed: Uint8Array, passphrase: string, randomness: Randomness): void {
  const salt = randomness.bytes(SALT_BYTES);
  const nonce = randomness.bytes(GCM_NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, passphraseKey(passphrase, salt), nonce);
  const sealed = Buffer.concat([cipher.update(seed), cipher.final(), cipher.getAuthTag()]);
  writeSecret(path, {
    kind: 'ed25519-sealed',
    scrypt: { ...SCRYPT_COST, salt: toHex(salt) },
    cipher: CIPHER,
    nonce: toHex(nonce),
    sealed: toHex(sealed),
  });
}

/**
 * @throws key_sealed (a passphrase is needed), key_passphrase (it is the wrong one, or the file was changed),
 * key_damaged, key_exposed, file_missing.
 */
export function readKey(path: string, passphrase?: string): SigningKey {
  return signingKey(readSeed(path, passphrase));
}

function readSeed(path: string, passphrase: string | undefined): Uint8Array {
  const file = readSecret(path);
  if (file.kind === 'ed25519') return hexField(file.seed, SEED_BYTES, path);
  if (file.kind !== 'ed25519-sealed') throw damagedKey(path);
  if (passphrase === undefined) {
    throw new CodedError('key_sealed', `${path} is sealed with a passphrase`, {
      fields: { path },
      advice: 'Name a key file that is open.',
    });
  }
  const { scrypt } = file;
  const { N, r, p } = SCRYPT_COST;
  // The file does not choose how much memory we spend.
  if (!isJsonObject(scrypt) || scrypt.N !== N || scrypt.r !== r || scrypt.p !== p) throw damagedKey(path);
  if (file.cipher !== CIPHER) throw damagedKey(path);
  const salt = hexField(scrypt.salt, SALT_BYTES, path);
  const nonce = hexField(file.nonce, GCM_NONCE_BYTES, path);
  const sealed = hexField(file.sealed, SEED_BYTES + GCM_TAG_BYTES, path);
  const decipher = createDecipheriv(CIPHER, passphraseKey(passphrase, salt), nonce, { authTagLength: GCM_TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(SEED_BYTES));
  try {
    return new Uint8Array(Buffer.concat([decipher.update(sealed.subarray(0, SEED_BYTES)), decipher.final()]));
  } catch (cause) {
    throw new CodedError('key_passphrase', `the passphrase does not open ${path}`, {
      cause,
      fields: { path },
      advice: 'Try again; if you are sure of it, the file was changed: put it back from a backup.',
    });
  }
}

function hexField(value: Json | undefined, length: number, path: string): Uint8Array {
  if (typeof value !== 'string' || !HEX.test(value) || value.length !== 2 * length) throw damagedKey(path);
  return fromHex(value);
}

/** One HMAC key of the ring; readers hash with the newest first. */
export interface BadgeKey {
  readonly epoch: string;
  readonly key: Uint8Array;
}

export function writeBadgeKeys(path: string, ring: readonly BadgeKey[]): void {
  writeSecret(path, { kind: 'badge-keys', ring: ring.map(({ epoch, key }) => ({ epoch, key: toHex(key) })) });
}

/** The ring, newest first. @throws key_damaged, key_exposed, file_missing. */
export function readBadgeKeys(path: string): readonly BadgeKey[] {
  const { kind, ring } = readSecret(path);
  const isRing = kind === 'badge-keys' && Array.isArray(ring) && ring.length > 0 && ring.length <= BADGE_KEYS_MAX;
  if (!isRing) throw damagedKey(path);
  const keys = ring.map((item) => {
    if (!isJsonObject(item) || typeof item.epoch !== 'string' || !EPOCH.test(item.epoch)) throw damagedKey(path);
    return { epoch: item.epoch, key: hexField(item.key, BADGE_KEY_BYTES, path) };
  });
  // Of two keys under one name, cards would be looked for under the wrong one.
  if (new Set(keys.map(({ epoch }) => epoch)).size < keys.length) throw damagedKey(path);
  return keys;
}
