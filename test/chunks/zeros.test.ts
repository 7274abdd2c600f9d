import fc from 'fast-check';
import t from 'tap';
import { CHUNK_BYTES_MAX, INLINE_BYTES_MAX } from '../../src/base/limits-chunks.ts';
import { BlobWriter, ContentWriter } from '../../src/chunks/content-writer.ts';
import { chunkerFor } from '../../src/format/chunkers/cut.ts';
import { CHUNKERS, chunkerProfile } from '../../src/format/chunkers/profile.ts';
import { sha256 } from '../../src/format/ids.ts';
import { seeded } from '../node/seeded.ts';

/** What a stream is made of: bytes without a pattern, or zeros. */
interface Run {
  readonly isZeros: boolean;
  readonly bytes: number;
}

const anyLength = fc.oneof(
  fc.integer({ min: 0, max: 2 * INLINE_BYTES_MAX }),
  fc.integer({ min: 0, max: 4 * CHUNK_BYTES_MAX }),
  fc.constantFrom(CHUNK_BYTES_MAX - 1, CHUNK_BYTES_MAX, CHUNK_BYTES_MAX + 1),
);
const anyRuns = fc.array(fc.record({ isZeros: fc.boolean(), bytes: anyLength }), { maxLength: 6 });
const NOISE = Buffer.from(Array.from({ length: 4 * CHUNK_BYTES_MAX }, seeded(7).bind(null, 256)));

/** What is told of it, and its root; every chunk told is what its digest says. */
function cut(profile: keyof typeof CHUNKERS, streams: readonly (readonly Run[])[], knowsZeros: boolean): string {
  const told: string[] = [];
  const tell = (digest: Uint8Array, bytes: Uint8Array) => {
    if (Buffer.compare(sha256(bytes), digest) !== 0) throw new Error('a chunk that is another');
    told.push(Buffer.from(digest).toString('hex'));
  };
  const sink = {
    chunk: ({ digest }: { readonly digest: Uint8Array }, bytes: Uint8Array) => tell(digest, bytes),
    list: tell,
  };
  const blob = new BlobWriter(chunkerFor(chunkerProfile(CHUNKERS[profile])), sink);
  for (const runs of streams) {
    const writer = new ContentWriter(() => blob);
    for (const { isZeros, bytes } of runs) {
      if (!isZeros) writer.push(NOISE.subarray(0, bytes));
      else if (knowsZeros) writer.pushZeros(bytes);
      else writer.push(Buffer.alloc(bytes));
    }
    told.push(JSON.stringify(writer.end()));
  }
  return told.join('\n');
}

for (const profile of ['image-64k', 'lbfs-8k'] as const) {
  t.test(`${profile}: zeros that are told are cut as zeros that are given`, async (t) => {
    fc.assert(
      fc.property(fc.array(anyRuns, { minLength: 1, maxLength: 2 }), (streams) => {
        return cut(profile, streams, true) === cut(profile, streams, false);
      }),
      { numRuns: 60 },
    );
    t.pass('whatever stands before and behind them');
  });
}

t.test('a chunk of zeros is hashed once, however many there are', async (t) => {
  let looked = 0;
  const chunker = chunkerFor(chunkerProfile(CHUNKERS['image-64k']));
  const { push } = chunker;
  chunker.push = (bytes, onChunk) => {
    looked += bytes.length;
    push.call(chunker, bytes, onChunk);
  };
  let chunks = 0;
  const writer = new BlobWriter(chunker, { chunk: () => (chunks += 1), list: () => undefined });
  writer.pushZeros(1000 * CHUNK_BYTES_MAX + 5);
  t.equal(writer.end()?.length, 1000 * CHUNK_BYTES_MAX + 5);
  t.ok(chunks >= 1000, `${chunks} chunks`);
  t.equal(looked, CHUNK_BYTES_MAX + 5);
});
