import fc from 'fast-check';
import t from 'tap';
import { HOLE_BLOCK_BYTES, TAR_SPARSE_RUNS_MAX } from '../../../src/base/limits-chunks.ts';
import { dataOf, holesOf, mapText } from '../../../src/chunks/tar/holes.ts';
import { checkedMap, type Run, withHoles } from '../../../src/chunks/tar/sparse.ts';

async function* cut(whole: Buffer, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, turn = 0; at < whole.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield whole.subarray(at, at + size);
    at += size;
  }
}

/** Block by block, as the documents have it. */
function runsOf(whole: Buffer): readonly Run[] {
  const runs: { offset: number; length: number }[] = [];
  for (let offset = 0; offset < whole.length; offset += HOLE_BLOCK_BYTES) {
    const block = whole.subarray(offset, offset + HOLE_BLOCK_BYTES);
    if (block.length === HOLE_BLOCK_BYTES && block.every((byte) => byte === 0)) continue;
    const last = runs.at(-1);
    if (last !== undefined && last.offset + last.length === offset) last.length += block.length;
    else runs.push({ offset, length: block.length });
  }
  const last = runs.at(-1);
  return last !== undefined && last.offset + last.length === whole.length
    ? runs
    : [...runs, { offset: whole.length, length: 0 }];
}

const anyPart = fc.oneof(
  fc.integer({ min: 1, max: 4 * HOLE_BLOCK_BYTES }).map((length) => Buffer.alloc(length)),
  fc.constant(Buffer.alloc(2 * HOLE_BLOCK_BYTES)),
  fc.integer({ min: 1, max: HOLE_BLOCK_BYTES }).map((length) => Buffer.alloc(length, 'x')),
);

t.test('holes are aligned blocks of zeros, however the file comes; with them it is what it was', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyPart, { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 5 }),
      async (parts, sizes) => {
        const whole = Buffer.concat(parts);
        const map = await holesOf(cut(whole, sizes));
        t.same(map, { runs: runsOf(whole), length: whole.length }, { diagnostic: false });
        const data = Buffer.concat(await Array.fromAsync(dataOf(map.runs, cut(whole, sizes))));
        const again = withHoles(checkedMap(map, data.length), cut(data, [...sizes].reverse()));
        return whole.equals(Buffer.concat(await Array.fromAsync(again)));
      },
    ),
    { numRuns: 150 },
  );
});

t.test('holes beyond the cap are written as data', async (t) => {
  const piece = Buffer.concat([Buffer.alloc(HOLE_BLOCK_BYTES, 'x'), Buffer.alloc(HOLE_BLOCK_BYTES)]);
  async function* pieces() {
    for (let at = 0; at < TAR_SPARSE_RUNS_MAX + 10; at += 1) yield piece;
  }
  const map = await holesOf(pieces());
  const stored = map.runs.reduce((sum, { length }) => sum + length, 0);
  t.equal(map.runs.length, TAR_SPARSE_RUNS_MAX - 1);
  t.same(checkedMap(map, stored), map, 'and can be read again');
  const last = map.runs.at(-1);
  t.equal((last?.offset ?? 0) + (last?.length ?? 0), map.length, 'the last run goes to the end');
  t.match(mapText(map).toString('latin1'), /^65535\n0\n4096\n8192\n4096\n/);
});
