import { createHash } from 'node:crypto';
import { blobIdOf, blobIdText } from '../../../src/chunks/blob-id.ts';
import { BlobWriter } from '../../../src/chunks/content-writer.ts';
import { type ChunkerEngine, chunkerFor } from '../../../src/format/chunkers/cut.ts';
import { mixedData } from './mixed-data.ts';
import { ENGINES, PROFILES } from './profiles.ts';

/**
 * `cuts-program.ts MIB PROFILE`: cuts mixed data with both engines, fed whole pieces and fed single bytes, and prints one
 * line of JSON for each, `Cuts` of cuts-run.ts. Any Node of any processor runs it.
 */

const PIECE_BYTES = 1024 * 1024;
const SEED = 6;

type Profile = keyof typeof PROFILES;
type Feed = (piece: Uint8Array, push: (bytes: Uint8Array) => void) => void;

const FEEDS: Readonly<Record<string, Feed>> = {
  pieces: (piece, push) => push(piece),
  bytes: (piece, push) => {
    for (let at = 0; at < piece.length; at += 1) push(piece.subarray(at, at + 1));
  },
};

function cut(bytes: number, profile: Profile, engine: ChunkerEngine, feed: Feed) {
  const chunker = chunkerFor(PROFILES[profile], engine);
  const lengths = createHash('sha256');
  let chunks = 0;
  const onChunk = (length: number) => {
    chunks += 1;
    lengths.update(`${length}\n`);
  };
  for (const piece of mixedData(bytes, PIECE_BYTES, SEED)) feed(piece, (fed) => chunker.push(fed, onChunk));
  chunker.end(onChunk);
  return { chunks, cuts: lengths.digest('hex') };
}

function idOf(bytes: number, profile: Profile): string {
  const nowhere = { chunk: () => undefined, list: () => undefined };
  const writer = new BlobWriter(chunkerFor(PROFILES[profile]), nowhere);
  for (const piece of mixedData(bytes, PIECE_BYTES, SEED)) writer.push(piece);
  return blobIdText(blobIdOf(writer.end()));
}

const [mib, profile] = process.argv.slice(2) as [string, Profile];
const bytes = Number(mib) * 1024 * 1024 - 1;
const say = (line: object) => process.stdout.write(`${JSON.stringify({ arch: process.arch, profile, ...line })}\n`);
for (const engine of ENGINES) {
  for (const [feed, how] of Object.entries(FEEDS)) say({ engine, feed, ...cut(bytes, profile, engine, how) });
}
say({ blob: idOf(bytes, profile) });
