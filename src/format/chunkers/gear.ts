import { createHash } from 'node:crypto';

const VALUES = 256;

/**
 * 32 random bits for each value of a byte: the first four bytes of SHA-256(seed ‖ value), most significant first, with
 * `seed` in ASCII and `value` as one byte.
 */
export function gearTable(seed: string): Int32Array {
  return Int32Array.from({ length: VALUES }, (_, value) =>
    createHash('sha256').update(seed, 'latin1').update(Uint8Array.of(value)).digest().readInt32BE(0),
  );
}
