import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { CodedError } from '../../../src/base/errors.ts';
import { chunksOfBlob } from '../../../src/chunks/blob-reader.ts';
import type { BlobRoot } from '../../../src/chunks/list-writer.ts';
import { sameAs, setName } from '../../../src/node/large/set-name.ts';
import type { Chunks } from '../../../src/store/chunks/store.ts';
import { LARGE_BYTES, rootOf, stored } from '../../chunks/store-contract.ts';
import { newChunks } from '../../store/chunks/open-chunks.ts';

const REFUSAL = new CodedError('name_taken', 'it differs');

/** So many bytes were passed on before it was refused; null: it never was. */
async function refusedAfter(store: Chunks, root: BlobRoot | null, pieces: readonly Uint8Array[]) {
  let passed = 0;
  try {
    for await (const piece of sameAs(streamOf(pieces), root, store, REFUSAL)) passed += piece.length;
    return null;
  } catch (error) {
    if (error !== REFUSAL) throw error;
    return passed;
  }
}

async function* streamOf(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

function piecesOf(bytes: Uint8Array, lengths: readonly number[]): readonly Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, index = 0; at < bytes.length; index += 1) {
    const length = lengths[index % lengths.length] ?? 1;
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

t.test('a stream is passed on up to the first piece that differs', async (t) => {
  const store = newChunks(t);
  const bytes = randomBytes(LARGE_BYTES);
  const root = await stored(store, 'one', bytes);
  const lengths = fc.array(fc.integer({ min: 50_000, max: 1_000_000 }), { minLength: 1, maxLength: 9 });
  await fc.assert(
    fc.asyncProperty(lengths, fc.nat(LARGE_BYTES - 1), async (lengths, place) => {
      const same = piecesOf(bytes, lengths);
      if ((await refusedAfter(store, root, same)) !== null) return false;
      const other = Buffer.from(bytes);
      other[place] = (other[place] ?? 0) ^ 1;
      const passed = await refusedAfter(store, root, piecesOf(other, lengths));
      return passed !== null && passed <= place && place - passed < 1_000_000;
    }),
    { numRuns: 20 },
  );
  t.equal(await refusedAfter(store, root, [bytes, Buffer.from('x')]), LARGE_BYTES, 'longer');
  t.equal(await refusedAfter(store, root, [bytes.subarray(1)]), 0);
  t.equal(await refusedAfter(store, root, [bytes.subarray(0, -1)]), LARGE_BYTES - 1, 'shorter');
  t.equal(await refusedAfter(store, root, []), 0, 'nothing');
  t.equal(await refusedAfter(store, null, []), null, 'nothing, as there is');
  t.equal(await refusedAfter(store, null, [Buffer.from('x')]), 0);
});

t.test('what cannot be read is not taken for something else', async (t) => {
  const store = newChunks(t);
  const bytes = randomBytes(LARGE_BYTES);
  const root = await stored(store, 'one', bytes);
  let last: Uint8Array = new Uint8Array();
  for await (const { digest } of chunksOfBlob(root, { from: 0, to: root.length }, store.get)) last = digest;
  store.file.database.prepare('DELETE FROM chunk WHERE digest = ?').run(last);
  const other = Buffer.from(bytes);
  other[0] = (other[0] ?? 0) ^ 1;
  t.equal(await refusedAfter(store, root, [bytes]), null);
  t.equal(await refusedAfter(store, root, [other]), 0, 'what comes before the gap is compared');
});

t.test('a name is set, and lets go of what it stood for only where that may go', async (t) => {
  const store = newChunks(t);
  const one = rootOf('name', await stored(store, 'one', randomBytes(1000)));
  const two = rootOf('name', await stored(store, 'two', randomBytes(1000)));
  const importing = store.beginImport();
  t.teardown(() => importing.end());
  setName(store, one, null);
  setName(store, { ...one, addedMs: 7 }, null);
  t.match(store.roots.find('pin', 'name'), { addedMs: 7 }, 'the same again');
  t.throws(() => setName(store, two, null), { code: 'name_taken', advice: /store gc/ });
  t.match(store.roots.find('pin', 'name'), { target: one.target });
  setName(store, two, 1);
  t.match(store.roots.find('pin', 'name'), { target: two.target }, 'another name keeps what it stood for');
  store.roots.remove('pin', 'two');
  t.throws(() => setName(store, one, 1), { code: 'copies_few' });
  setName(store, one, 0);
  t.match(store.roots.find('pin', 'name'), { target: one.target });
});
