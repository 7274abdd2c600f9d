import { createHash } from 'node:crypto';
import type { ChunkerProfile, FastcdcProfile, RabinProfile } from '../../../src/format/chunkers/profile.ts';

/** Both ways to cut straight from their definitions, without tables, windows that slide or bytes that are skipped. Slow. */

/** @returns the length of the first chunk of `bytes`. */
export function firstChunk(bytes: Uint8Array, profile: ChunkerProfile): number {
  const most = Math.min(bytes.length, profile.max);
  for (let size = profile.min + (profile.kind === 'fastcdc' ? 1 : 0); size < most; size += 1) {
    if (profile.kind === 'rabin' ? isRabinCut(bytes, size, profile) : isGearCut(bytes, size, profile)) return size;
  }
  return most;
}

function isRabinCut(bytes: Uint8Array, size: number, { polynomial, window, avg }: RabinProfile): boolean {
  let spelled = 0n;
  for (const byte of bytes.subarray(size - window, size)) spelled = (spelled << 8n) | BigInt(byte);
  for (let bit = 8 * window - 1; bit >= 63; bit -= 1) {
    if ((spelled >> BigInt(bit)) & 1n) spelled ^= polynomial << BigInt(bit - 63);
  }
  return spelled % BigInt(avg) === BigInt(avg - 1);
}

/** The last 32 bytes, each 2^age times; bytes before the smallest chunk's end were never looked at. */
function isGearCut(bytes: Uint8Array, size: number, { min, avg, gear }: FastcdcProfile): boolean {
  let hash = 0n;
  for (let at = Math.max(min, size - 32); at < size; at += 1) {
    const value = createHash('sha256')
      .update(gear)
      .update(bytes.subarray(at, at + 1))
      .digest()
      .readUInt32BE(0);
    hash += BigInt(value) << BigInt(size - 1 - at);
  }
  const zeros = Math.log2(avg) + (size <= avg ? 2 : -2);
  return (hash & 0xffff_ffffn) >> BigInt(32 - zeros) === 0n;
}
