import t from 'tap';
import { concat, utf8 } from '../../src/base/bytes.ts';
import type { Json } from '../../src/base/json.ts';
import { BLOCK_PARENTS_MAX, BODY_BYTES_MAX } from '../../src/base/limits.ts';
import { decodeBlock } from '../../src/format/block-decode.ts';
import { sha256 } from '../../src/format/ids.ts';
import { decodeJson } from '../../src/format/json-value.ts';
import { type Place, writeBlock, writeEntries } from '../../src/ledger/authoring.ts';
import { CAPS, draft, keyOf, newHolding, Scribe, seededRandomness, TIME } from './written-chain.ts';

const ROOT = '55'.repeat(32);
const LIFE = new Uint8Array(16).fill(1);
const OTHER_LIFE = new Uint8Array(16).fill(2);
const KEY = keyOf('ada');
const idOf = (n: number): string => n.toString(16).padStart(2, '0').repeat(32);

function write(place: Partial<Place>, life = LIFE) {
  const whole: Place = { mesh: ROOT, base: ROOT, heads: [], prev: null, heightMax: 0, ...place };
  return writeBlock(whole, { author: KEY.publicKey, life }, [draft({ a: 1 })], TIME, seededRandomness('x'));
}

t.test('parents are prev, base and heads, each once, sorted', async (t) => {
  const prev = { id: idOf(0x99), life: LIFE, seq: 4 };
  const heads = [idOf(0xee), idOf(0x01), idOf(0x99), idOf(0x70)];
  const { block } = write({ heads, prev, heightMax: 7 }).encoded;
  t.strictSame(block.parents, [idOf(0x01), ROOT, idOf(0x70), idOf(0x99), idOf(0xee)]);
  t.match(block, { prev: idOf(0x99), base: ROOT, mesh: ROOT, branch: null, height: 8 });
  t.strictSame(write({ heads: [ROOT] }).encoded.block.parents, [ROOT], 'the root is base and head');
});

t.test('seq goes on within a life and begins again in a new one', async (t) => {
  const prev = { id: idOf(1), life: LIFE, seq: 4 };
  t.match(write({ prev }).encoded.block, { seq: 5, prev: idOf(1) });
  t.match(write({ prev }, OTHER_LIFE).encoded.block, { seq: 0, prev: idOf(1) });
  t.match(write({}).encoded.block, { seq: 0, prev: null });
  t.match(write({ prev: { ...prev, life: Uint8Array.from(LIFE) } }).encoded.block, { seq: 5 }, 'by value');
});

t.test('what was written is what is read', async (t) => {
  const written = write({ heads: [idOf(3)], prev: { id: idOf(4), life: LIFE, seq: 0 }, heightMax: 2 });
  t.strictSame(decodeBlock(written.encoded.bytes, CAPS), written.encoded);
  t.strictSame(written.encoded.block.time, TIME);
  t.strictSame(written.encoded.block.author, KEY.publicKey);
});

t.test('with more heads than a block has parents, the block keeps to the cap', async (t) => {
  const { holding } = newHolding();
  const authors = Array.from({ length: BLOCK_PARENTS_MAX + 6 }, (_, n) => new Scribe(`author ${n}`));
  const { root } = newHolding();
  const own = new Scribe('own');
  const first = own.write(holding);
  for (const author of authors) {
    const alone = newHolding().holding;
    for (let blocks = 0; blocks < 3; blocks += 1) holding.take(author.write(alone));
  }
  const joined = own.write(holding).encoded.block;
  t.equal(joined.parents.length, BLOCK_PARENTS_MAX);
  t.ok(joined.parents.includes(first.encoded.id) && joined.parents.includes(root.encoded.id));
  t.equal(joined.height, 4);
  t.doesNotThrow(() => decodeBlock(own.write(holding).encoded.bytes, CAPS), 'and the next takes the rest');
});

t.test('each body is salted and hashed by itself', async (t) => {
  const bodies: Json[] = [null, { b: 1, a: [true, 'é'] }, { b: 1, a: [true, 'é'] }];
  const written = writeEntries(
    bodies.map((body) => draft(body)),
    seededRandomness('salts'),
  );
  t.strictSame(
    written.bodies.map(({ bytes }) => decodeJson(bytes, BODY_BYTES_MAX)),
    bodies as object,
  );
  for (const [index, { salt, bytes }] of written.bodies.entries()) {
    t.equal(salt.length, 16);
    t.match(written.entries[index], { size: bytes.length, dapp: 'journal', ver: '0.1.0', kind: 'note', re: null });
    t.strictSame(written.entries[index]?.body, sha256(concat(salt, bytes)));
  }
  t.notSame(written.entries[1]?.body, written.entries[2]?.body, 'two equal bodies do not show that they are equal');
  const re = { block: ROOT, index: 2 };
  t.match(writeEntries([{ ...draft(), re }], seededRandomness('re')).entries, [{ re }]);
});

t.test('a body over the cap, or that has no form, is refused before anything is signed', async (t) => {
  const ofBytes = (bytes: number): string => 'x'.repeat(bytes - 3);
  const write = (body: Json) => writeEntries([draft(body)], seededRandomness('big'));
  t.equal(write(ofBytes(BODY_BYTES_MAX)).bodies[0]?.bytes.length, BODY_BYTES_MAX);
  t.throws(() => write(ofBytes(BODY_BYTES_MAX + 1)), {
    code: 'body_too_large',
    fields: { bytes: BODY_BYTES_MAX + 1, bytesMax: BODY_BYTES_MAX },
  });
  t.throws(() => write(ofBytes(10 * BODY_BYTES_MAX)), { code: 'body_too_large' });
  t.throws(() => write(0.5), { code: 'json_number' });
  t.throws(() => write({ '/': 'x' }), { code: 'json_bytes' });
  t.throws(() => write('\ud800'), { code: 'cbor_unencodable' });
  t.equal(utf8(ofBytes(BODY_BYTES_MAX)).length + 3, BODY_BYTES_MAX);
});
