import { createHash } from 'node:crypto';
import { type ChunkerEngine, chunkerFor } from '../../../src/format/chunkers/cut.ts';
import { CHUNKERS, type ChunkerProfile, chunkerProfile } from '../../../src/format/chunkers/profile.ts';

export const RABIN = CHUNKERS['lbfs-8k'];
export const FASTCDC = CHUNKERS['image-64k'];
export const PROFILES = { 'lbfs-8k': chunkerProfile(RABIN), 'image-64k': chunkerProfile(FASTCDC) } as const;
export const ENGINES: readonly ChunkerEngine[] = ['javascript', 'wasm'];

/** Lengths of the chunks of a stream that comes in these pieces. */
export function cutUp(profile: ChunkerProfile, engine: ChunkerEngine, pieces: Iterable<Uint8Array>): number[] {
  const lengths: number[] = [];
  const chunker = chunkerFor(profile, engine);
  for (const piece of pieces) chunker.push(piece, (bytes) => lengths.push(bytes));
  chunker.end((bytes) => lengths.push(bytes));
  return lengths;
}

export function* piecesOf(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** SHA-256 of `prefix` and a counter, over and over: bytes without a pattern that everybody can make. */
export function counterBytes(prefix: string, length: number): Uint8Array {
  const bytes = Buffer.alloc(Math.ceil(length / 32) * 32);
  const counter = Buffer.alloc(8);
  for (let count = 0; 32 * count < length; count += 1) {
    counter.writeBigUInt64LE(BigInt(count));
    createHash('sha256')
      .update(prefix)
      .update(counter)
      .digest()
      .copy(bytes, 32 * count);
  }
  return bytes.subarray(0, length);
}
