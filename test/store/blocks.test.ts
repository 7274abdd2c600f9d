import fc from 'fast-check';
import t from 'tap';
import { toHex } from '../../src/base/bytes.ts';
import { BLOCK_PARENTS_MAX } from '../../src/base/limits.ts';
import { decodeBlock } from '../../src/format/block-decode.ts';
import { Verifier } from '../../src/format/ed25519.ts';
import { openBlock, type SealedBlock } from '../../src/format/sealed.ts';
import { BlockReader } from '../../src/store/blocks.ts';
import { Transactor } from '../../src/store/transactor.ts';
import { CAPS, draft, Holding, newHolding, placeShown, Scribe, type Sealed } from '../ledger/written-chain.ts';
import { newDatabase } from './open-store.ts';

const verifier = new Verifier(64);

/** The store gives its bytes as Buffers. */
function sealedShown({ bytes, signature, bodies }: SealedBlock): object {
  return {
    bytes: toHex(bytes),
    signature: toHex(signature),
    bodies: bodies.map((body) => body && [toHex(body.salt), toHex(body.bytes)]),
  };
}

function ledgerWith(t: Parameters<typeof newDatabase>[0], blocks: readonly Sealed[]) {
  const database = newDatabase(t);
  const transactor = new Transactor(database);
  transactor.append(blocks.map((block) => ({ ...block, pulses: [] })));
  return { database, transactor, reader: new BlockReader(database) };
}

t.test('a ledger without a root is a bug of ours', async (t) => {
  t.throws(() => new BlockReader(newDatabase(t)), { name: 'AssertionFailure' });
});

t.test('blocks come back byte for byte, in order of arrival, in pages', async (t) => {
  const { founder, holding, root } = newHolding();
  const written = [root];
  for (let block = 0; block < 6; block += 1) {
    written.push(
      founder.write(
        holding,
        Array.from({ length: block + 1 }, (_, body) => draft({ body })),
      ),
    );
  }
  const { reader } = ledgerWith(t, written);
  t.equal(reader.mesh, root.encoded.id);
  t.strictSame(reader.counts(), { blocks: 7, entries: 0 });
  const all = reader.after(0, 99);
  t.strictSame(
    all.map(({ arrival, id }) => ({ arrival, id })),
    written.map(({ encoded }, index) => ({ arrival: index + 1, id: encoded.id })),
  );
  for (const [index, stored] of all.entries()) {
    const { sealed, encoded } = written[index] as Sealed;
    t.strictSame(sealedShown(stored), sealedShown(sealed));
    t.strictSame(openBlock(stored, CAPS, verifier).id, encoded.id, 'it opens');
  }
  t.strictSame(
    [reader.after(2, 2), reader.after(5, 99), reader.after(7, 9), reader.after(99, 9)].map((page) =>
      page.map((block) => block.arrival),
    ),
    [[3, 4], [6, 7], [], []],
  );
});

t.test('finds a block by id alone', async (t) => {
  const { founder, holding, root } = newHolding();
  const { encoded } = founder.write(holding);
  const { reader } = ledgerWith(t, [root, { ...(holding.blocks.get(encoded.id) as Sealed) }]);
  const { author, life, seq, height } = encoded.block;
  t.match(reader.find(encoded.id), { author, life, seq, height });
  t.equal(reader.arrivalOf(encoded.id), 2);
  t.equal(reader.find('00'.repeat(32)), null);
  t.equal(reader.find(''), null);
});

t.test('heads: what nobody has as a parent, the highest first', async (t) => {
  const { founder, holding, root } = newHolding();
  const { reader, transactor } = ledgerWith(t, [root]);
  const heads = () => reader.placeFor(new Uint8Array(32), CAPS.parentsMax).heads;
  t.strictSame(heads(), [root.encoded.id]);
  const guest = new Scribe('guest');
  const side = new Holding(root);
  const [a, b, c] = [founder.write(holding), guest.write(side), guest.write(side)];
  transactor.append([a, b].map((block) => ({ ...block, pulses: [] })));
  t.strictSame(heads(), [a.encoded.id, b.encoded.id], 'of one height, in order of arrival');
  transactor.append([{ ...c, pulses: [] }]);
  t.strictSame(heads(), [c.encoded.id, a.encoded.id]);
  t.strictSame(reader.placeFor(new Uint8Array(32), 3).heads, [c.encoded.id], 'two places are kept for prev and base');
  holding.take(b);
  holding.take(c);
  const joined = founder.write(holding);
  transactor.append([{ ...joined, pulses: [] }]);
  t.strictSame(heads(), [joined.encoded.id]);
});

t.test('more heads than parents: blocks keep to the cap and join them all in the end', async (t) => {
  const { founder, holding, root } = newHolding();
  const { reader, transactor } = ledgerWith(t, [root]);
  const first = founder.write(holding);
  const others = Array.from({ length: BLOCK_PARENTS_MAX + 8 }, (_, n) =>
    new Scribe(`other ${n}`).write(new Holding(root)),
  );
  transactor.append([first, ...others].map((block) => ({ ...block, pulses: [] })));
  for (const block of others) holding.take(block);
  let blocks = 0;
  while (reader.placeFor(founder.key.publicKey, CAPS.parentsMax).heads.length > 1 && blocks < 9) {
    const place = reader.placeFor(founder.key.publicKey, CAPS.parentsMax);
    t.ok(place.heads.length <= BLOCK_PARENTS_MAX - 2);
    const next = founder.write(holding);
    t.doesNotThrow(() => decodeBlock(next.encoded.bytes, CAPS));
    t.ok(next.encoded.block.parents.length <= BLOCK_PARENTS_MAX);
    transactor.append([{ ...next, pulses: [] }]);
    blocks += 1;
  }
  t.equal(blocks, 2);
});

t.test('where the next block of an author stands, as a model in memory has it', async (t) => {
  const boards = fc.array(
    fc.record({ who: fc.nat({ max: 2 }), restart: fc.boolean(), hears: fc.option(fc.nat({ max: 2 })) }),
    {
      minLength: 1,
      maxLength: 25,
    },
  );
  const same = fc.property(boards, (steps) => {
    const { root } = newHolding();
    const writers = [0, 1, 2].map((n) => ({ scribe: new Scribe(`w${n}`), holding: new Holding(root) }));
    const here = new Holding(root);
    const database = newDatabase(t);
    database.pragma('synchronous = OFF');
    const transactor = new Transactor(database);
    transactor.append([{ ...root, pulses: [] }]);
    const reader = new BlockReader(database);
    for (const { who, restart, hears } of steps) {
      const writer = writers[who] as (typeof writers)[number];
      if (restart) writer.scribe.restart();
      if (hears !== null) for (const block of writers[hears]?.holding.blocks.values() ?? []) writer.holding.take(block);
      const block = writer.scribe.write(writer.holding);
      here.take(block);
      transactor.append([{ ...block, pulses: [] }]);
      for (const { scribe } of writers) {
        const [stored, model] = [
          reader.placeFor(scribe.key.publicKey, CAPS.parentsMax),
          here.placeFor(scribe.key.publicKey),
        ];
        const shown = ({ heads, ...place }: typeof stored) =>
          JSON.stringify([placeShown({ ...place, heads: [...heads].sort() })]);
        if (shown(stored) !== shown(model)) return false;
      }
    }
    database.close();
    return true;
  });
  t.doesNotThrow(() => fc.assert(same, { numRuns: 25 }));
});
