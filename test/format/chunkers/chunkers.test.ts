import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { chunkerFor } from '../../../src/format/chunkers/cut.ts';
import { gearTable } from '../../../src/format/chunkers/gear.ts';
import { chunkerProfile } from '../../../src/format/chunkers/profile.ts';
import { firstChunk } from './definition.ts';
import { counterBytes, cutUp, ENGINES, FASTCDC, PROFILES, piecesOf, RABIN } from './profiles.ts';

interface Vectors {
  readonly streams: readonly {
    readonly name: string;
    readonly sha256?: string;
    readonly chunkBytes: readonly number[];
  }[];
}

const VECTORS = join(import.meta.dirname, '../../vectors/rabin-lbfs-8k.json');
const STREAMS: Readonly<Record<string, () => Uint8Array>> = {
  'sha256-counter': () => counterBytes('blockmesh-public', 4_194_304),
  zeros: () => new Uint8Array(300_000),
  ones: () => new Uint8Array(300_000).fill(0xff),
  short: () => new Uint8Array(700),
  empty: () => new Uint8Array(),
};
const PIECES = [1, 31, 32, 33, 4096, 65_537, 3 * 2 ** 20];

t.test('librabinpoly’s cuts', async (t) => {
  const { streams } = JSON.parse(readFileSync(VECTORS, 'utf8')) as Vectors;
  t.strictSame(streams.map(({ name }) => name).sort(), Object.keys(STREAMS).sort());
  for (const { name, sha256, chunkBytes } of streams) {
    const bytes = STREAMS[name]?.() ?? new Uint8Array();
    if (sha256 !== undefined) t.equal(createHash('sha256').update(bytes).digest('hex'), sha256, `the stream ${name}`);
    for (const engine of ENGINES) {
      for (const size of PIECES) {
        const lengths = cutUp(PROFILES['lbfs-8k'], engine, piecesOf(bytes, size));
        t.strictSame(lengths, chunkBytes, `${name}, ${engine}, in pieces of ${size}`);
      }
    }
  }
});

t.test('a gear table is what its seed makes it', async (t) => {
  const table = gearTable('blockmesh/gear/1');
  t.equal(table.length, 256);
  for (const value of [0, 1, 255]) {
    const hash = createHash('sha256')
      .update(`blockmesh/gear/1${String.fromCharCode(value)}`, 'latin1')
      .digest();
    t.equal(table[value], hash.readInt32BE(0));
  }
  const all = createHash('sha256').update(new Uint8Array(table.buffer)).digest('hex');
  t.equal(
    all,
    'b6baa980154558ef97d1c4f882d85fac0a3a1bac768f238c552bb2087027e79a',
    'as every node has it, least significant byte first',
  );
});

t.test('image-64k: cuts, wherever the stream is divided', async (t) => {
  const profile = PROFILES['image-64k'];
  const bytes = counterBytes('blockmesh-public', 4_194_304);
  const known = cutUp(profile, 'javascript', [bytes]);
  t.strictSame(known.slice(0, 4), [79_250, 56_615, 89_817, 55_661], 'the first ones');
  for (const engine of ENGINES) {
    for (const size of PIECES) t.strictSame(cutUp(profile, engine, piecesOf(bytes, size)), known, `${engine}, ${size}`);
  }
});

/** Profiles so small that a short text has many chunks, each cut by any of the rules. */
const small = fc.oneof(
  fc
    .record({
      window: fc.integer({ min: 1, max: 40 }),
      extra: fc.integer({ min: 1, max: 20 }),
      bits: fc.constantFrom(6, 7),
    })
    .map(({ window, extra, bits }) => ({ ...RABIN, window, min: window + extra, avg: 2 ** bits, max: 2 ** bits * 3 })),
  fc
    .record({
      min: fc.integer({ min: 1, max: 32 }),
      bits: fc.constantFrom(5, 6, 7),
      more: fc.integer({ min: 0, max: 300 }),
    })
    .map(({ min, bits, more }) => ({ ...FASTCDC, min, avg: 2 ** bits, max: 2 ** bits + more })),
);
/** Text with repetitions, as files have. */
const bytes = fc
  .array(
    fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.constant(new Uint8Array(90)), fc.constant(Uint8Array.of(1, 2, 3))),
    {
      maxLength: 12,
    },
  )
  .map((parts) => new Uint8Array(Buffer.concat(parts)));

t.test('both engines cut as the definitions say', async (t) => {
  const cutBy = { size: 0, hash: 0, end: 0 };
  fc.assert(
    fc.property(small, bytes, fc.integer({ min: 1, max: 100 }), (form, text, piece) => {
      const profile = chunkerProfile(form);
      const wanted: number[] = [];
      for (let at = 0; at < text.length; at += wanted.at(-1) ?? 0) wanted.push(firstChunk(text.subarray(at), profile));
      for (const engine of ENGINES) {
        if (JSON.stringify(cutUp(profile, engine, piecesOf(text, piece))) !== JSON.stringify(wanted)) return false;
      }
      for (const length of wanted.slice(0, -1)) cutBy[length === profile.max ? 'size' : 'hash'] += 1;
      return true;
    }),
    { numRuns: 300 },
  );
  t.ok(cutBy.size > 0 && cutBy.hash > 0, `${JSON.stringify(cutBy)}: each rule has cut`);
});

t.test('one byte changes few chunks', async (t) => {
  for (const [name, profile] of Object.entries(PROFILES)) {
    const text = counterBytes(name, 64 * profile.avg);
    for (const share of [0, 0.1, 0.5, 0.99]) {
      const at = Math.floor(share * text.length);
      for (const edit of ['changed', 'put in', 'taken out']) {
        const middle = edit === 'taken out' ? [] : edit === 'changed' ? [(text[at] ?? 0) ^ 1] : [7, text[at] ?? 0];
        const other = Buffer.concat([text.subarray(0, at), Uint8Array.from(middle), text.subarray(at + 1)]);
        const old = new Set(hashes(text, cutUp(profile, 'wasm', [text])));
        const fresh = hashes(other, cutUp(profile, 'wasm', [other])).filter((hash) => !old.has(hash));
        t.ok(fresh.length >= 1 && fresh.length <= 4, `${name}: a byte at ${at} ${edit}: ${fresh.length} new chunks`);
      }
    }
  }
});

t.test('a chunker goes on after its end', async (t) => {
  for (const profile of Object.values(PROFILES)) {
    for (const engine of ENGINES) {
      const chunker = chunkerFor(profile, engine);
      const text = counterBytes('again', 3 * profile.avg);
      const lengths = [0, 1].map(() => {
        const told: number[] = [];
        chunker.push(text, (length) => told.push(length));
        t.equal(chunker.pendingBytes, text.length - told.reduce((sum, length) => sum + length, 0));
        chunker.end((length) => told.push(length));
        return told;
      });
      t.strictSame(lengths[0], lengths[1]);
    }
  }
});

t.test('a profile that is none', async (t) => {
  const refused = (form: unknown, field: string) =>
    t.throws(() => chunkerProfile(form), { code: 'chunker_form', fields: { field } }, JSON.stringify(form));
  refused(null, 'chunker');
  refused({ ...RABIN, kind: 'rsync' }, 'kind');
  refused({ ...RABIN, avg: 8191 }, 'avg');
  refused({ ...RABIN, max: 4096 }, 'avg');
  refused({ ...RABIN, min: 32 }, 'min');
  refused({ ...RABIN, min: 8193 }, 'min');
  refused({ ...RABIN, window: 0 }, 'window');
  refused({ ...RABIN, polynomial: '3fe6b8a5bf378d83' }, 'polynomial');
  refused({ ...RABIN, gear: 'x' }, 'gear');
  refused({ ...FASTCDC, max: 256 * 1024 + 1 }, 'max');
  refused({ ...FASTCDC, avg: 4 }, 'avg');
  refused({ ...FASTCDC, gear: '' }, 'gear');
});

function hashes(text: Uint8Array, lengths: readonly number[]): string[] {
  let at = 0;
  return lengths.map((length) => {
    at += length;
    return createHash('sha256')
      .update(text.subarray(at - length, at))
      .digest('hex');
  });
}
