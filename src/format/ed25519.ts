import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { assert } from '../base/assert.ts';
import { compareBytes, concat, fromHex, toHex } from '../base/bytes.ts';

/**
 * Ed25519 (RFC 8032) under the one rule of the ledger, cofactorless: S < L, A and R canonical, A not of small order,
 * and encode(sB − hA) equal to R byte for byte, with h reduced mod L first. OpenSSL does all of it but the checks of
 * A, which stand here. R of small order is refused too: OpenSSL 3.5 refuses it and others do not, and only a signer
 * who gives the secret away can make one.
 */

export const PUBLIC_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
export const SEED_BYTES = 32;
const R_BYTES = 32;

/** DER of RFC 8410 up to the raw key. */
const SPKI_PREFIX = fromHex('302a300506032b6570032100');
const PKCS8_PREFIX = fromHex('302e020100300506032b657004220420');

/** 2^255 − 19, big-endian. */
const FIELD_PRIME = fromHex('7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed');

/**
 * The y of every point whose order divides 8, big-endian: 0 (order 4), 1 (order 1), −1 (order 2) and the two of
 * order 8. Either sign of x is small, so the sign bit is not looked at.
 */
const SMALL_ORDER_Y: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000001',
  '7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec',
  '05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826',
  '7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7',
]);

/** Whether `raw` is the canonical encoding of a y that is not of small order; whether it is a point, OpenSSL says. */
export function isAcceptableKey(raw: Uint8Array): boolean {
  if (raw.length !== PUBLIC_KEY_BYTES) return false;
  const y = yOf(raw);
  return compareBytes(y, FIELD_PRIME) < 0 && !SMALL_ORDER_Y.has(toHex(y));
}

/** The y of an encoded point, big-endian, without the sign of x. */
function yOf(encoded: Uint8Array): Uint8Array {
  const y = new Uint8Array(encoded).reverse();
  y[0] = (y[0] ?? 0) & 0x7f;
  return y;
}

/** Verifies signatures and keeps the parsed keys it has met, the longest unused one leaving first. */
export class Verifier {
  readonly #keysMax: number;
  /** null: a key that is refused, remembered so that it costs nothing the second time. */
  readonly #keys = new Map<string, KeyObject | null>();

  constructor(keysMax: number) {
    this.#keysMax = keysMax;
  }

  /** Never throws for what `publicKey` and `signature` hold: anything unacceptable is `false`. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    const key = this.#acceptable(publicKey, signature);
    return key !== null && verify(null, message, key, signature);
  }

  /** As `verify`, on another thread, so that many signatures take all cores and hold up nothing else here. */
  async verifyAside(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
    const key = this.#acceptable(publicKey, signature);
    if (key === null) return false;
    return await new Promise((resolve, reject) => {
      verify(null, message, key, signature, (error, isGood) => (error === null ? resolve(isGood) : reject(error)));
    });
  }

  /** The parsed key, or null when no signature of it or none like this one is acceptable. */
  #acceptable(publicKey: Uint8Array, signature: Uint8Array): KeyObject | null {
    if (signature.length !== SIGNATURE_BYTES || publicKey.length !== PUBLIC_KEY_BYTES) return null;
    if (SMALL_ORDER_Y.has(toHex(yOf(signature.subarray(0, R_BYTES))))) return null;
    return this.#key(publicKey);
  }

  #key(raw: Uint8Array): KeyObject | null {
    const name = toHex(raw);
    let key = this.#keys.get(name);
    if (key === undefined) {
      key = parseKey(raw);
      if (this.#keys.size >= this.#keysMax) {
        const oldest = this.#keys.keys().next();
        if (!oldest.done) this.#keys.delete(oldest.value);
      }
    } else {
      this.#keys.delete(name);
    }
    this.#keys.set(name, key);
    return key;
  }
}

function parseKey(raw: Uint8Array): KeyObject | null {
  if (!isAcceptableKey(raw)) return null;
  try {
    return createPublicKey({ key: Buffer.from(concat(SPKI_PREFIX, raw)), format: 'der', type: 'spki' });
  } catch {
    // Not a point of the curve.
    return null;
  }
}

/** A private key that can sign; the seed stays inside. */
export interface SigningKey {
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/** @param seed 32 bytes (RFC 8032 §5.1.5). */
export function signingKey(seed: Uint8Array): SigningKey {
  assert(seed.length === SEED_BYTES, 'an Ed25519 seed has 32 bytes');
  const key = createPrivateKey({ key: Buffer.from(concat(PKCS8_PREFIX, seed)), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  const publicKey = new Uint8Array(spki.subarray(SPKI_PREFIX.length));
  return { publicKey, sign: (message) => new Uint8Array(sign(null, message, key)) };
}
