import { scryptSync } from 'node:crypto';

/** scrypt (RFC 7914): 64 MiB and about a quarter of a second on a desktop, some seconds on a small board. */
export const SCRYPT_COST = { N: 65_536, r: 8, p: 1 };
const MEMORY_BYTES_MAX = 128 * 1024 * 1024;
const KEY_BYTES = 32;

/** 32 bytes from a passphrase; this thread waits. Letters typed composed or in parts give the same key. */
export function passphraseKey(passphrase: string, salt: Uint8Array): Uint8Array {
  return new Uint8Array(
    scryptSync(passphrase.normalize('NFC'), salt, KEY_BYTES, { ...SCRYPT_COST, maxmem: MEMORY_BYTES_MAX }),
  );
}
