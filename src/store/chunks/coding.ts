import { promisify } from 'node:util';
import { constants, type ZstdOptions, zstdCompressSync, zstdDecompress, zstdDecompressSync } from 'node:zlib';
import { PACK_BYTES_MAX } from '../../base/limits-chunks.ts';

/** How the bytes of a pack are kept: `pack.coding`. */
const PLAIN = 0;
const ZSTD = 1;

export interface Coded {
  readonly coding: number;
  readonly bytes: Uint8Array;
}

const LEVEL = 3;
/** zstd has to save one part in so many to be worth unpacking later. */
const SAVING_DIVISOR = 8;

const SAMPLES = 8;
const SAMPLE_BYTES = 4096;
/** Bits a byte of a sample; of random bytes, one of that size shows 7.955 on average. */
const ENTROPY_MAX = 7.9;

// One piece of output, so that a pack goes to a thread and back once.
export const PACKING: ZstdOptions = {
  chunkSize: PACK_BYTES_MAX,
  params: { [constants.ZSTD_c_compressionLevel]: LEVEL },
};

/** What is kept of a pack and what zstd made of it. */
export function packed(raw: Uint8Array, compressed: Uint8Array): Coded {
  const isSmaller = compressed.length <= raw.length - raw.length / SAVING_DIVISOR;
  return isSmaller ? { coding: ZSTD, bytes: compressed } : plainPack(raw);
}

export function plainPack(raw: Uint8Array): Coded {
  return { coding: PLAIN, bytes: raw };
}

/** @returns null when `bytes` is not `rawBytes` so coded. */
export async function decodePack({ coding, bytes }: Coded, rawBytes: number): Promise<Uint8Array | null> {
  if (rawBytes > PACK_BYTES_MAX) return null;
  if (coding === PLAIN) return bytes.length === rawBytes ? bytes : null;
  if (coding !== ZSTD) return null;
  try {
    const raw = await promisify<Uint8Array, ZstdOptions, Buffer>(zstdDecompress)(bytes, {
      chunkSize: PACK_BYTES_MAX,
      maxOutputLength: PACK_BYTES_MAX,
    });
    return raw.length === rawBytes ? raw : null;
  } catch {
    return null;
  }
}

/** Compresses where that saves enough, for what goes on in a transaction and is little. */
export function encodePackNow(raw: Uint8Array): Coded {
  return isRandom(raw) ? plainPack(raw) : packed(raw, zstdCompressSync(raw, PACKING));
}

/** As `decodePack`. */
export function decodePackNow({ coding, bytes }: Coded, rawBytes: number): Uint8Array | null {
  if (rawBytes > PACK_BYTES_MAX) return null;
  if (coding === PLAIN) return bytes.length === rawBytes ? bytes : null;
  if (coding !== ZSTD) return null;
  try {
    const raw = zstdDecompressSync(bytes, { chunkSize: PACK_BYTES_MAX, maxOutputLength: PACK_BYTES_MAX });
    return raw.length === rawBytes ? raw : null;
  } catch {
    return null;
  }
}

/** Whether every sample looks like noise: bytes that were compressed or encrypted before. */
export function isRandom(raw: Uint8Array): boolean {
  if (raw.length < SAMPLES * SAMPLE_BYTES) return false;
  const step = Math.floor((raw.length - SAMPLE_BYTES) / (SAMPLES - 1));
  for (let index = 0; index < SAMPLES; index += 1) {
    if (entropyOf(raw.subarray(index * step, index * step + SAMPLE_BYTES)) < ENTROPY_MAX) return false;
  }
  return true;
}

function entropyOf(bytes: Uint8Array): number {
  const counts = new Uint32Array(256);
  for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1;
  let bits = 0;
  for (const count of counts) if (count > 0) bits -= count * Math.log2(count / bytes.length);
  return bits / bytes.length;
}
