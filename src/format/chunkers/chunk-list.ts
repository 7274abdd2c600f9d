import { createHash } from 'node:crypto';
import { type ChunkerEngine, chunkerFor } from './cut.ts';
import type { ChunkerProfile } from './profile.ts';

/** Where a chunk lies in its stream, in bytes, and the SHA-256 of what it holds. */
export interface ChunkPlace {
  readonly offset: number;
  readonly length: number;
  readonly sha256: Buffer;
}

/** The chunks of a stream, each as soon as its last byte has come; holds no more than the piece that came last. */
export async function* chunkPlaces(
  stream: AsyncIterable<Uint8Array>,
  profile: ChunkerProfile,
  engine?: ChunkerEngine,
): AsyncGenerator<ChunkPlace> {
  const chunker = chunkerFor(profile, engine);
  let hash = createHash('sha256');
  let offset = 0;
  const ended = (length: number): ChunkPlace => {
    const place = { offset, length, sha256: hash.digest() };
    offset += length;
    hash = createHash('sha256');
    return place;
  };
  for await (const piece of stream) {
    const places: ChunkPlace[] = [];
    const begin = offset + chunker.pendingBytes;
    let hashed = 0;
    chunker.push(piece, (length) => {
      const end = offset + length - begin;
      hash.update(piece.subarray(hashed, end));
      hashed = end;
      places.push(ended(length));
    });
    hash.update(piece.subarray(hashed));
    yield* places;
  }
  const last: number[] = [];
  chunker.end((length) => last.push(length));
  for (const length of last) yield ended(length);
}
