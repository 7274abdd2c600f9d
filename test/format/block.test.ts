import { deepStrictEqual } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { concat, fromHex, toHex, utf8 } from '../../src/base/bytes.ts';
import { CodedError, codeOf } from '../../src/base/errors.ts';
import { BLOCK_BYTES_MAX, BLOCK_ENTRIES_MAX, BLOCK_PARENTS_MAX, BODY_BYTES_MAX } from '../../src/base/limits.ts';
import { type Block, type BlockCaps, encodeBlock } from '../../src/format/block.ts';
import { decodeBlock } from '../../src/format/block-decode.ts';
import { type Body, bodyHash } from '../../src/format/body.ts';
import { decodeValue, encodeValue } from '../../src/format/codec.ts';
import { signingKey, Verifier } from '../../src/format/ed25519.ts';
import { blockIdOf, idText, linkOf, sha256 } from '../../src/format/ids.ts';
import { openBlock, type SealedBlock, sealBlock } from '../../src/format/sealed.ts';
import { blockSigningInput } from '../../src/format/signed.ts';

const CAPS: BlockCaps = {
  blockBytesMax: BLOCK_BYTES_MAX,
  parentsMax: BLOCK_PARENTS_MAX,
  entriesMax: BLOCK_ENTRIES_MAX,
  bodyBytesMax: BODY_BYTES_MAX,
};
const verifier = new Verifier(64);

function range(from: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => from + index);
}

// The example of BLOCK.md.
const KEY = signingKey(range(0x00, 32));
const ROOT = '11'.repeat(32);
const PREV = '22'.repeat(32);
const HEAD = '33'.repeat(32);
const BODY: Body = { salt: range(0xa0, 16), bytes: encodeValue({ until: 1_800_000_000, badge: 'ada' }) };
const EXAMPLE: Block = {
  mesh: ROOT,
  branch: null,
  author: KEY.publicKey,
  life: range(0x40, 16),
  seq: 1,
  prev: PREV,
  base: ROOT,
  parents: [ROOT, PREV, HEAD],
  height: 25,
  time: { wallMs: 1_795_341_600_000, boot: range(0x50, 16), monotonicMs: 86_400_000, quality: 'synced' },
  entries: [
    {
      dapp: 'access',
      ver: '0.1.0',
      kind: 'grant',
      re: { block: HEAD, index: 0 },
      size: BODY.bytes.length,
      body: bodyHash(BODY),
    },
  ],
};

type FieldMap = Record<string, unknown>;

/** The example's fields as they are in bytes, for a test to spoil. */
function fields(): FieldMap {
  return decodeValue(encodeBlock(EXAMPLE).bytes, BLOCK_BYTES_MAX) as FieldMap;
}

function entry(): FieldMap {
  return (fields().entries as FieldMap[])[0] ?? {};
}

function rootFields(): FieldMap {
  const { prev, base, ...rest } = fields();
  return { ...rest, mesh: null, seq: 0, height: 0, parents: [] };
}

function without(map: FieldMap, field: string): FieldMap {
  return Object.fromEntries(Object.entries(map).filter(([name]) => name !== field));
}

function decodeMap(map: unknown, caps: BlockCaps = CAPS): Block {
  return decodeBlock(encodeValue(map), caps).block;
}

type Tap = Pick<typeof t, 'throws'>;

function refused(test: Tap, field: string, map: unknown, why: string): void {
  const wanted = { name: 'CodedError', code: 'block_form', fields: { field } };
  test.throws(() => decodeMap(map), wanted, `${field}: ${why}`);
}

const link = linkOf(ROOT);
/** One value of every kind there is. */
const KINDS: Readonly<Record<string, readonly unknown[]>> = {
  null: [null],
  boolean: [true, false],
  integer: [7, -1],
  text: ['', 'synced', '1'],
  bytes: [new Uint8Array(), new Uint8Array(5), new Uint8Array(64)],
  list: [[], [1], [[]]],
  map: [{}, { block: link }],
  link: [link],
};

/** Every kind of value but `allowed` is refused under the name of the field. */
function refusedKinds(test: Tap, field: string, allowed: readonly string[], put: (value: unknown) => FieldMap): void {
  for (const [kind, values] of Object.entries(KINDS)) {
    if (allowed.includes(kind)) continue;
    for (const value of values) refused(test, field, put(value), `of kind ${kind}`);
  }
}

t.test('the fields as bytes are the block', async (t) => {
  t.strictSame(decodeMap(fields()), EXAMPLE);
  const root = decodeMap(rootFields());
  t.strictSame(root, { ...EXAMPLE, mesh: null, seq: 0, height: 0, parents: [], prev: null, base: null });
  t.equal(toHex(encodeBlock(root).bytes), toHex(encodeValue(rootFields())));
});

t.test('each field of a block: missing, of another kind, null', async (t) => {
  const kinds: Readonly<Record<string, readonly string[]>> = {
    v: ['integer'],
    mesh: ['link', 'null'],
    branch: ['link', 'null'],
    author: [],
    life: [],
    seq: ['integer'],
    prev: ['link'],
    base: ['link'],
    parents: [],
    height: ['integer'],
    time: ['map'],
    entries: [],
  };
  t.strictSame(Object.keys(kinds).sort(), Object.keys(fields()).sort(), 'all of them');
  for (const [field, allowed] of Object.entries(kinds)) {
    refused(t, field, without(fields(), field), 'missing');
    if (field === 'parents' || field === 'entries') continue;
    refusedKinds(t, field, allowed, (value) => ({ ...fields(), [field]: value }));
  }
  for (const value of [null, 1, 'x', new Uint8Array(3), {}, link]) {
    refused(t, 'parents', { ...fields(), parents: value }, 'not a list');
    refused(t, 'entries', { ...fields(), entries: value }, 'not a list');
  }
  for (const length of [0, 31, 33]) refused(t, 'author', { ...fields(), author: new Uint8Array(length) }, `${length}`);
  for (const length of [0, 15, 17]) refused(t, 'life', { ...fields(), life: new Uint8Array(length) }, `${length}`);
  for (const field of ['seq', 'height']) refused(t, field, { ...fields(), [field]: -1 }, 'negative');
  t.equal(decodeMap({ ...fields(), seq: Number.MAX_SAFE_INTEGER }).seq, Number.MAX_SAFE_INTEGER);
});

t.test('fields that are not of the form, and values that are not a map', async (t) => {
  for (const field of [
    'x',
    '',
    'V',
    'signature',
    'id',
    'toString',
    'constructor',
    'hasOwnProperty',
    'bytes',
    'asCID',
  ]) {
    refused(t, field, { ...fields(), [field]: 1 }, 'not a field of a block');
    refused(t, field, { ...fields(), time: { ...(fields().time as FieldMap), [field]: 1 } }, 'not a field of a time');
    refused(t, field, { ...fields(), entries: [{ ...entry(), [field]: 1 }] }, 'not a field of an entry');
    const re = { block: link, index: 0, [field]: 1 };
    refused(t, field, { ...fields(), entries: [{ ...entry(), re }] }, 'not a field of re');
  }
  for (const value of [null, 1, 'x', [], [1], new Uint8Array(9), link, true]) refused(t, 'block', value, 'not a map');
  // A map that looks like a link to the library: what stops it is the codec, before any field is looked at.
  const lookalike = fromHex(`a2612f0165${toHex(utf8('bytes'))}01`);
  for (const field of Object.keys(fields())) {
    const hostile = concat(fromHex('a1'), encodeValue(field), lookalike);
    t.throws(() => decodeBlock(hostile, CAPS), { name: 'CodedError', code: 'cbor_key' }, field);
  }
});

t.test('the rules of a root', async (t) => {
  refused(t, 'parents', { ...rootFields(), parents: [link] }, 'in a root');
  refused(t, 'height', { ...rootFields(), height: 1 }, 'in a root');
  refused(t, 'seq', { ...rootFields(), seq: 1 }, 'in a root');
  refused(t, 'branch', { ...rootFields(), branch: link }, 'in a root');
  refused(t, 'prev', { ...rootFields(), prev: link }, 'in a root');
  refused(t, 'prev', { ...rootFields(), prev: null }, 'null is not absent');
  refused(t, 'base', { ...rootFields(), base: link }, 'in a root');
  refused(t, 'base', { ...rootFields(), base: null }, 'null is not absent');
  refused(t, 'entries', { ...rootFields(), entries: [] }, 'in a root');
});

t.test('the rules that join the fields of a block that is no root', async (t) => {
  const other = linkOf('44'.repeat(32));
  refused(t, 'base', { ...fields(), base: other }, 'not one of the parents');
  refused(t, 'prev', { ...fields(), prev: other }, 'not one of the parents');
  refused(t, 'prev', without(fields(), 'prev'), 'absent above seq 0');
  refused(t, 'height', { ...fields(), height: 0 }, '0 without being a root');
  refused(t, 'base', { ...without(fields(), 'prev'), seq: 0, parents: [] }, 'no parents at all');
  t.equal(decodeMap({ ...without(fields(), 'prev'), seq: 0 }).prev, null, "an author's first block");
  t.equal(decodeMap({ ...fields(), seq: 0 }).prev, PREV, 'seq 0 of a later life');
  const second = { ...fields(), seq: 1, prev: link, base: link, parents: [link], height: 1 };
  t.equal(decodeMap(second).prev, ROOT, 'prev and base may be one block');
  t.equal(decodeMap({ ...fields(), branch: other }).branch, '44'.repeat(32));
});

t.test('parents: order, duplicates, count, kinds', async (t) => {
  const links = (...ids: readonly string[]) => ids.map(linkOf);
  refused(t, 'parents', { ...fields(), parents: links(PREV, ROOT, HEAD) }, 'out of order');
  refused(t, 'parents', { ...fields(), parents: links(ROOT, HEAD, PREV) }, 'out of order at the end');
  refused(t, 'parents', { ...fields(), parents: links(ROOT, ROOT, PREV) }, 'twice the same');
  refused(t, 'parents', { ...fields(), parents: links(ROOT, PREV, PREV) }, 'twice the same at the end');
  for (const [kind, values] of Object.entries(KINDS)) {
    if (kind === 'link') continue;
    for (const value of values) refused(t, 'parents', { ...fields(), parents: [link, value] }, `holds a ${kind}`);
  }
  const many = (count: number): readonly string[] =>
    [ROOT, PREV, ...Array.from({ length: count - 2 }, (_, index) => toHex(sha256(utf8(`${index}`))))].sort();
  t.equal(decodeMap({ ...fields(), parents: many(BLOCK_PARENTS_MAX).map(linkOf) }).parents.length, BLOCK_PARENTS_MAX);
  refused(t, 'parents', { ...fields(), parents: many(BLOCK_PARENTS_MAX + 1).map(linkOf) }, 'over the cap');
  for (const parents of [
    [PREV, ROOT, HEAD],
    [ROOT, PREV, PREV, HEAD],
  ]) {
    t.throws(() => encodeBlock({ ...EXAMPLE, parents }), { name: 'AssertionFailure' }, 'our own bug is an assertion');
  }
});

t.test('unknown versions and merges are told apart from malformed blocks', async (t) => {
  for (const v of [0, 2, -1, 1_000, Number.MAX_SAFE_INTEGER]) {
    const wanted = { name: 'CodedError', code: 'block_version', fields: { v } };
    t.throws(() => decodeMap({ ...fields(), v }), wanted, `v ${v}`);
    t.throws(() => decodeMap({ v }), wanted, `v ${v}, all else unknown`);
    t.throws(() => decodeMap({ v, merge: {}, anything: [null] }), wanted);
  }
  for (const merge of [null, {}, 1, { epoch: 0 }]) {
    t.throws(() => decodeMap({ ...fields(), merge }), { name: 'CodedError', code: 'block_merge' });
    t.throws(() => decodeMap({ v: 1, merge }), { name: 'CodedError', code: 'block_merge' });
  }
});

t.test('time', async (t) => {
  const time = fields().time as FieldMap;
  const put = (changed: FieldMap): FieldMap => ({ ...fields(), time: changed });
  for (const field of ['wall', 'boot', 'mono', 'quality']) refused(t, field, put(without(time, field)), 'missing');
  for (const field of ['wall', 'mono']) {
    refusedKinds(t, field, ['integer'], (value) => put({ ...time, [field]: value }));
    refused(t, field, put({ ...time, [field]: -1 }), 'negative');
    t.doesNotThrow(() => decodeMap(put({ ...time, [field]: 0 })));
    t.doesNotThrow(() => decodeMap(put({ ...time, [field]: Number.MAX_SAFE_INTEGER })));
  }
  refusedKinds(t, 'boot', [], (value) => put({ ...time, boot: value }));
  for (const length of [15, 17]) refused(t, 'boot', put({ ...time, boot: new Uint8Array(length) }), `${length} bytes`);
  refusedKinds(t, 'quality', ['text'], (value) => put({ ...time, quality: value }));
  for (const quality of ['', 'Synced', 'synced ', 'good']) refused(t, 'quality', put({ ...time, quality }), quality);
  for (const quality of ['synced', 'peer', 'restored', 'unknown']) {
    t.equal(decodeMap(put({ ...time, quality })).time.quality, quality);
  }
});

t.test('entries: count, fields, names, size, body, re', async (t) => {
  const put = (...entries: readonly unknown[]): FieldMap => ({ ...fields(), entries });
  refused(t, 'entries', put(), 'none');
  for (const count of [1, 2, BLOCK_ENTRIES_MAX]) {
    t.equal(decodeMap(put(...new Array(count).fill(entry()))).entries.length, count);
  }
  refused(t, 'entries', put(...new Array(BLOCK_ENTRIES_MAX + 1).fill(entry())), 'over the cap');
  for (const [kind, values] of Object.entries(KINDS)) {
    if (kind !== 'map') for (const value of values) refused(t, 'entry', put(entry(), value), `a ${kind}`);
  }
  const kinds = { dapp: [], ver: [], kind: [], size: ['integer'], body: [], re: ['null', 'map'] };
  t.strictSame(Object.keys(kinds).sort(), Object.keys(entry()).sort());
  for (const [field, allowed] of Object.entries(kinds)) {
    refused(t, field, put(without(entry(), field)), 'missing');
    const safe = ['dapp', 'kind'].includes(field) ? ['text'] : allowed;
    refusedKinds(t, field, safe, (value) => put({ ...entry(), [field]: value }));
  }
  const names = ['', 'A', 'aB', '1a', '-a', 'a_b', 'a b', 'a\n', '\na', 'é', 'a/b', '../a', 'a\0', 'x'.repeat(65)];
  for (const name of names) {
    refused(t, 'dapp', put({ ...entry(), dapp: name }), JSON.stringify(name));
    refused(t, 'kind', put({ ...entry(), kind: name }), JSON.stringify(name));
  }
  refused(t, 'dapp', put({ ...entry(), dapp: 'a.b' }), 'a dot');
  for (const dapp of ['a', 'a-1', 'x'.repeat(64)]) t.equal(decodeMap(put({ ...entry(), dapp })).entries[0]?.dapp, dapp);
  for (const kind of ['a', 'clock.reset', 'x'.repeat(64)])
    t.equal(decodeMap(put({ ...entry(), kind })).entries[0]?.kind, kind);
  const versions = [
    '',
    '1',
    '1.0',
    '1.0.0.0',
    'v1.0.0',
    '1.0.0-beta',
    '1.0.0+b',
    '01.0.0',
    '1.00.0',
    '1.0.00',
    '1.0.0\n',
    '100000.0.0',
    '１.0.0',
  ];
  for (const ver of versions) refused(t, 'ver', put({ ...entry(), ver }), JSON.stringify(ver));
  for (const ver of ['0.0.0', '99999.99999.99999', '10.20.30'])
    t.equal(decodeMap(put({ ...entry(), ver })).entries[0]?.ver, ver);
  for (const size of [-1, BODY_BYTES_MAX + 1, Number.MAX_SAFE_INTEGER])
    refused(t, 'size', put({ ...entry(), size }), `${size}`);
  for (const size of [0, BODY_BYTES_MAX]) t.equal(decodeMap(put({ ...entry(), size })).entries[0]?.size, size);
  for (const length of [31, 33])
    refused(t, 'body', put({ ...entry(), body: new Uint8Array(length) }), `${length} bytes`);

  const re = (value: unknown): FieldMap => put({ ...entry(), re: value });
  t.equal(decodeMap(re(null)).entries[0]?.re, null);
  refused(t, 'block', re({ index: 0 }), 'missing');
  refused(t, 'index', re({ block: link }), 'missing');
  refusedKinds(t, 'block', ['link'], (value) => re({ block: value, index: 0 }));
  refusedKinds(t, 'index', ['integer'], (value) => re({ block: link, index: value }));
  for (const index of [-1, BLOCK_ENTRIES_MAX]) refused(t, 'index', re({ block: link, index }), `${index}`);
  t.strictSame(decodeMap(re({ block: link, index: 255 })).entries[0]?.re, { block: ROOT, index: 255 });
});

t.test('caps of size come from the mesh', async (t) => {
  const { bytes } = encodeBlock(EXAMPLE);
  t.equal(
    decodeBlock(bytes, { ...CAPS, blockBytesMax: bytes.length }).bytes.length,
    bytes.length,
    'exactly at the cap',
  );
  const wanted = { name: 'CodedError', code: 'block_too_large', fields: { bytes: bytes.length } };
  t.throws(() => decodeBlock(bytes, { ...CAPS, blockBytesMax: bytes.length - 1 }), wanted);
  t.throws(() => decodeBlock(new Uint8Array(BLOCK_BYTES_MAX + 1), CAPS), { code: 'block_too_large' });
  const tight = (caps: Partial<BlockCaps>) => () => decodeBlock(bytes, { ...CAPS, ...caps });
  t.throws(tight({ parentsMax: 2 }), { code: 'block_form', fields: { field: 'parents' } });
  t.throws(tight({ entriesMax: 0 }), { code: 'block_form', fields: { field: 'entries' } });
  t.throws(tight({ bodyBytesMax: BODY.bytes.length - 1 }), { code: 'block_form', fields: { field: 'size' } });
  t.doesNotThrow(tight({ parentsMax: 3, entriesMax: 1, bodyBytesMax: BODY.bytes.length }));
  const parents = Array.from({ length: 62 }, (_, index) => toHex(sha256(utf8(`${index}`))));
  const full = {
    ...EXAMPLE,
    parents: [...parents, ROOT, PREV].sort(),
    entries: new Array(256).fill(EXAMPLE.entries[0]),
  };
  t.equal(decodeBlock(encodeBlock(full).bytes, CAPS).block.entries.length, 256, 'the fullest block passes the codec');
});

/** The example, sealed. */
function sealed(): SealedBlock {
  return sealBlock(encodeBlock(EXAMPLE), [BODY], KEY);
}

t.test('bodies', async (t) => {
  const open = (bodies: readonly Body[]) => () => openBlock({ ...sealed(), bodies }, CAPS, verifier);
  t.strictSame(open([BODY])().block, EXAMPLE);
  const refusedBody = (code: string, bodies: readonly Body[]): void => {
    t.throws(open(bodies), { name: 'CodedError', code }, code);
  };
  refusedBody('body_missing', []);
  refusedBody('body_missing', [BODY, BODY]);
  for (const length of [0, 15, 17, 32]) refusedBody('body_salt', [{ ...BODY, salt: new Uint8Array(length) }]);
  refusedBody('body_size', [{ ...BODY, bytes: BODY.bytes.subarray(1) }]);
  refusedBody('body_size', [{ ...BODY, bytes: concat(BODY.bytes, new Uint8Array(1)) }]);
  refusedBody('body_size', [{ ...BODY, bytes: new Uint8Array() }]);
  refusedBody('body_hash', [{ ...BODY, bytes: new Uint8Array(BODY.bytes.length) }]);
  refusedBody('body_hash', [{ ...BODY, salt: new Uint8Array(16) }]);
  // Salt and bytes may not lend each other a byte: the salt's length is fixed.
  const joined = concat(BODY.salt, BODY.bytes);
  refusedBody('body_salt', [{ salt: joined.subarray(0, 17), bytes: joined.subarray(17) }]);

  const bodies = [utf8('one'), utf8('two'), new Uint8Array()].map((bytes, index) => ({
    salt: range(index, 16),
    bytes,
  }));
  const entries = bodies.map((body) => ({ ...EXAMPLE.entries[0], size: body.bytes.length, body: bodyHash(body) }));
  const three = encodeBlock({ ...EXAMPLE, entries: entries as Block['entries'] });
  const openThree = (some: readonly Body[]) => () => openBlock(sealBlock(three, some, KEY), CAPS, verifier);
  t.equal(openThree(bodies)().id, three.id);
  t.throws(openThree(bodies.slice(0, 2)), { code: 'body_missing', fields: { bodies: 2, entries: 3 } });
  t.throws(openThree([...bodies].reverse()), { name: 'CodedError', code: 'body_size' }, 'in another order');
  const [first, second, third] = bodies as [Body, Body, Body];
  t.throws(openThree([second, first, third]), { name: 'CodedError', code: 'body_hash' }, 'two of one length swapped');
  const largest = { salt: range(0, 16), bytes: new Uint8Array(BODY_BYTES_MAX) };
  const large = [{ ...EXAMPLE.entries[0], size: BODY_BYTES_MAX, body: bodyHash(largest) }] as Block['entries'];
  t.doesNotThrow(() =>
    openBlock(sealBlock(encodeBlock({ ...EXAMPLE, entries: large }), [largest], KEY), CAPS, verifier),
  );
});

t.test('signatures: every bit, every other use of the key', async (t) => {
  const good = sealed();
  const refusedSignature = (signature: Uint8Array, why: string): void => {
    const wanted = { name: 'CodedError', code: 'block_signature' };
    t.throws(() => openBlock({ ...good, signature }, CAPS, verifier), wanted, why);
  };
  for (let bit = 0; bit < 512; bit += 1) {
    const signature = new Uint8Array(good.signature);
    signature[bit >> 3] = (signature[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    refusedSignature(signature, `bit ${bit}`);
  }
  for (const length of [0, 63, 65]) refusedSignature(new Uint8Array(length), `${length} bytes`);
  const id = fromHex(blockIdOf(good.bytes));
  t.equal(toHex(blockSigningInput(blockIdOf(good.bytes))), `${toHex(utf8('blockmesh/block/1'))}00${toHex(id)}`);
  for (const tag of [
    'blockmesh/vote/1\0',
    'blockmesh/proposal/1\0',
    'blockmesh/reseat/1\0',
    'blockmesh/block/2\0',
    'blockmesh/block/1',
    '',
  ]) {
    refusedSignature(KEY.sign(concat(utf8(tag), id)), `signed under ${JSON.stringify(tag)}`);
  }
  refusedSignature(KEY.sign(good.bytes), 'over the bytes themselves');
  refusedSignature(KEY.sign(concat(utf8('blockmesh/block/1\0'), good.bytes)), 'over tag and bytes');
  refusedSignature(KEY.sign(blockSigningInput(ROOT)), "another block's");
  refusedSignature(signingKey(range(1, 32)).sign(blockSigningInput(blockIdOf(good.bytes))), "another key's");
  t.equal(openBlock(good, CAPS, verifier).id, toHex(id), 'a bad signature says nothing about the id');
  const small = encodeBlock({ ...EXAMPLE, author: fromHex(`01${'00'.repeat(31)}`) });
  // R = B and S = 1 satisfy the cofactored equation for the neutral element as key.
  const forged = fromHex(`58${'66'.repeat(31)}01${'00'.repeat(31)}`);
  const open = () => openBlock({ bytes: small.bytes, signature: forged, bodies: [BODY] }, CAPS, verifier);
  t.throws(open, { code: 'block_signature' }, 'an author whose key is of small order');
});

/** What is decoded has the usual prototype. */
const PLAIN = { noNullPrototype: true } as const;
const id = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex);
const sixteen = fc.uint8Array({ minLength: 16, maxLength: 16 });
const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,63}$/);
const part = fc.nat(99_999);
const body: fc.Arbitrary<Body> = fc.record({ salt: sixteen, bytes: fc.uint8Array({ maxLength: 64 }) });
const time = fc.record(
  {
    wallMs: fc.maxSafeNat(),
    boot: sixteen,
    monotonicMs: fc.maxSafeNat(),
    quality: fc.constantFrom('synced' as const, 'peer' as const, 'restored' as const, 'unknown' as const),
  },
  PLAIN,
);
const entryFrame = fc.record({
  dapp: name,
  ver: fc.tuple(part, part, part).map((parts) => parts.join('.')),
  kind: fc.stringMatching(/^[a-z][a-z0-9.-]{0,63}$/),
  re: fc.option(fc.record({ block: id, index: fc.nat(255) }, PLAIN)),
});
const place = fc.oneof(
  fc.constant({ mesh: null, branch: null, seq: 0, prev: null, base: null, parents: [], height: 0 }),
  fc
    .record({
      mesh: id,
      branch: fc.option(id),
      seq: fc.maxSafeNat(),
      prev: id,
      base: id,
      isFirst: fc.boolean(),
      heads: fc.array(id, { maxLength: 20 }),
      height: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    })
    .map(({ isFirst, heads, ...rest }) => {
      const own = isFirst ? { seq: 0, prev: null } : { prev: rest.prev };
      const parents = [...new Set([...heads, rest.base, ...(isFirst ? [] : [rest.prev])])].sort();
      return { ...rest, ...own, parents };
    }),
);
const whole = fc
  .record({
    seed: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    life: sixteen,
    time,
    place,
    parts: fc.array(fc.tuple(entryFrame, body), { minLength: 1, maxLength: 12 }),
  })
  .map(({ seed, life, time, place, parts }) => {
    const key = signingKey(seed);
    const entries = parts.map(([frame, one]) => ({ ...frame, size: one.bytes.length, body: bodyHash(one) }));
    const block: Block = { author: key.publicKey, life, time, ...place, entries };
    return { key, block, bodies: parts.map(([, one]) => one) };
  });

t.test('property: what is sealed opens as it was', async (t) => {
  const counts = { roots: 0, others: 0 };
  fc.assert(
    fc.property(whole, ({ key, block, bodies }) => {
      counts[block.mesh === null ? 'roots' : 'others'] += 1;
      const encoded = encodeBlock(block);
      const opened = openBlock(sealBlock(encoded, bodies, key), CAPS, verifier);
      deepStrictEqual(opened, encoded);
      deepStrictEqual(opened.block, block);
      deepStrictEqual(toHex(encodeBlock(opened.block).bytes), toHex(encoded.bytes));
    }),
    { numRuns: 300 },
  );
  t.ok(counts.roots > 50 && counts.others > 50, JSON.stringify(counts));
});

t.test('every single-byte change of a block is refused with a code or is another block', async (t) => {
  const { id, bytes } = encodeBlock(EXAMPLE);
  const counts = { refused: 0, other: 0 };
  const wrong: string[] = [];
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = new Uint8Array(bytes);
    for (let step = 1; step < 256; step += 1) {
      changed[at] = (bytes[at] ?? 0) ^ step;
      try {
        const other = decodeBlock(changed, CAPS);
        counts.other += 1;
        if (other.id === id) wrong.push(`byte ${at}, ${step}: the same id`);
        if (toHex(encodeBlock(other.block).bytes) !== toHex(changed)) wrong.push(`byte ${at}, ${step}: a second form`);
      } catch (error) {
        counts.refused += 1;
        const isCoded = error instanceof CodedError && /^(cbor|block)_/.test(error.code);
        if (!isCoded) wrong.push(`byte ${at}, ${step}: ${String(error)}`);
      }
    }
  }
  t.strictSame(wrong, []);
  t.ok(counts.refused > 10_000 && counts.other > 10_000, JSON.stringify(counts));
});

t.test('every single-bit change and every cut of a signed block is refused with a code', async (t) => {
  const good = sealed();
  const codeFor = (bytes: Uint8Array): string | undefined => {
    try {
      openBlock({ ...good, bytes }, CAPS, verifier);
      return 'accepted';
    } catch (error) {
      return error instanceof CodedError ? error.code : `uncoded: ${String(error)}`;
    }
  };
  const codes = new Set<string | undefined>();
  for (let bit = 0; bit < good.bytes.length * 8; bit += 1) {
    const bytes = new Uint8Array(good.bytes);
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    codes.add(codeFor(bytes));
  }
  t.strictSame(
    [...codes].filter((code) => !/^(cbor|block|body)_[a-z0-9_]+$/.test(code ?? '')),
    [],
  );
  t.ok(codes.has('block_signature') && codes.has('block_form') && codes.has('block_version') && codes.has('body_hash'));
  for (let end = 0; end < good.bytes.length; end += 1) {
    t.equal(codeFor(good.bytes.subarray(0, end)), 'cbor_truncated', `cut at ${end}`);
  }
  t.equal(codeFor(concat(good.bytes, new Uint8Array(1))), 'cbor_trailing');
  t.equal(codeFor(concat(good.bytes, good.bytes)), 'cbor_trailing', 'doubled');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => /^(cbor|block)_/.test(codeFor(bytes) ?? '')),
    { numRuns: 1_000 },
  );
});

// BLOCK.md

const DOCUMENT = readFileSync(new URL('../../src/format/BLOCK.md', import.meta.url), 'utf8');

/** The lines of the fenced block under the heading `### title`. */
function fenced(title: string): readonly string[] {
  const section = DOCUMENT.split(`### ${title}\n`)[1] ?? '';
  const found = /^```text\n([\s\S]*?)^```$/m.exec(section.split(/\n#{2,3} /)[0] ?? '');
  if (found?.[1] === undefined) throw new Error(`BLOCK.md has no fenced block under "${title}"`);
  return found[1].trimEnd().split('\n');
}

/** Hex up to the `#` of each line, spaces aside. */
function hexOf(lines: readonly string[]): Uint8Array {
  return fromHex(lines.map((line) => (line.split('#')[0] ?? '').replaceAll(' ', '')).join(''));
}

/** Diagnostic form: each line the bytes of one item, then what they say. Canonical values within 2^16 bytes only. */
function annotate(bytes: Uint8Array): readonly string[] {
  const lines: string[] = [];
  let at = 0;
  const line = (depth: number, length: number, words: string): void => {
    const hex = '  '.repeat(depth) + toHex(bytes.subarray(at, at + length));
    lines.push(words === '' ? hex : `${hex.padEnd(44)} # ${words}`);
    at += length;
  };
  const item = (depth: number): void => {
    const initial = bytes[at] ?? 0;
    const width = (initial & 31) < 24 ? 0 : 2 ** ((initial & 31) - 24);
    const argument = width === 0 ? initial & 31 : Number(`0x${toHex(bytes.subarray(at + 1, at + 1 + width))}`);
    const major = initial >> 5;
    if (major === 0) line(depth, 1 + width, `${argument}`);
    else if (major === 2) data(depth, 1 + width, argument);
    else if (major === 3)
      line(
        depth,
        1 + width + argument,
        JSON.stringify(Buffer.from(bytes.subarray(at + 1 + width, at + 1 + width + argument)).toString()),
      );
    else if (major === 4 || major === 5) {
      line(depth, 1 + width, major === 4 ? `list of ${argument}` : `map of ${argument}`);
      for (let left = argument; left > 0; left -= 1) {
        item(depth + 1);
        if (major === 5) item(depth + 1);
      }
    } else if (major === 6) {
      line(depth, 4, 'tag 42, 37 bytes: a link');
      line(depth + 1, 5, 'CIDv1, dag-cbor, SHA-256, 32 bytes');
      halves(depth + 1, 32);
    } else line(depth, 1, initial === 0xf6 ? 'null' : 'not in this example');
  };
  const data = (depth: number, headBytes: number, length: number): void => {
    line(depth, headBytes, `${length} bytes`);
    halves(depth + 1, length);
  };
  const halves = (depth: number, length: number): void => {
    for (let left = length; left > 0; left -= 16) line(depth, Math.min(left, 16), '');
  };
  item(0);
  return lines;
}

t.test('BLOCK.md: the example', async (t) => {
  const lines = fenced('Bytes of the block');
  const bytes = hexOf(lines);
  const encoded = encodeBlock(EXAMPLE);
  if (toHex(bytes) !== toHex(encoded.bytes)) t.comment(annotate(encoded.bytes).join('\n'));
  t.equal(toHex(bytes), toHex(encoded.bytes), 'the hex is the example');
  t.strictSame(lines, annotate(bytes), 'each line says what its bytes are');
  t.strictSame(decodeBlock(bytes, CAPS).block, EXAMPLE);
  t.equal(toHex(encodeBlock(decodeBlock(bytes, CAPS).block).bytes), toHex(bytes), 'and encodes to the same bytes');
  t.equal(toHex(hexOf(fenced('Id'))), blockIdOf(bytes));
  t.match(DOCUMENT, idText(blockIdOf(bytes)), 'the text of the id');
  t.equal(toHex(hexOf(fenced('Key'))), toHex(concat(range(0, 32), KEY.publicKey)));
  const input = hexOf(fenced('Signing input'));
  t.equal(toHex(input), toHex(blockSigningInput(blockIdOf(bytes))));
  const signature = hexOf(fenced('Signature'));
  t.equal(toHex(signature), toHex(KEY.sign(input)));
  const pair = hexOf(fenced('Body pair'));
  t.strictSame(fenced('Body pair'), annotate(pair));
  const [salt, bodyBytes] = decodeValue(pair, 99) as [Uint8Array, Uint8Array];
  t.strictSame({ salt, bytes: bodyBytes }, BODY);
  t.strictSame(decodeValue(bodyBytes, 99), { badge: 'ada', until: 1_800_000_000 });
  const opened = openBlock({ bytes, signature, bodies: [{ salt, bytes: bodyBytes }] }, CAPS, new Verifier(1));
  t.strictSame(opened.block, EXAMPLE, 'it opens');
  const form = fenced('Sealed form').map((text) => text.split('#')[0]?.trim());
  const parts = [form[0] ?? '', toHex(bytes), form[2] ?? '', toHex(signature)].join('');
  t.equal(parts, toHex(encodeValue([bytes, signature])), 'the heads of the sealed form');
});

t.test('BLOCK.md: every code of the format stands in its tables, and none beside', async (t) => {
  const folder = new URL('../../src/format/', import.meta.url);
  const sources = ['cbor-decode', 'cbor-encode', 'codec', 'block', 'block-decode', 'body', 'fields', 'sealed', 'ids'];
  t.ok(sources.every((file) => readdirSync(folder).includes(`${file}.ts`)));
  const codes = sources.flatMap((file) => {
    const text = readFileSync(new URL(`${file}.ts`, folder), 'utf8');
    return [...text.matchAll(/'((?:cbor|block|body|bad)_[a-z0-9_]+)'/g)].map((found) => found[1]);
  });
  const rows = [...DOCUMENT.matchAll(/^\| `([a-z0-9_]+)` +\|/gm)].map((found) => found[1]);
  const documented = rows.filter((row) => /^(cbor|block|body|bad)_/.test(row ?? ''));
  t.strictSame(documented.sort(), [...new Set(codes)].sort());
  t.ok(documented.length > 20);
  t.equal(new Set(documented).size, documented.length, 'each once');
});

t.test('codes are stable: an error of the codec inside a block keeps its own', async (t) => {
  try {
    decodeBlock(fromHex('a2617601617601'), CAPS);
    t.fail('accepted');
  } catch (error) {
    t.equal(codeOf(error), 'cbor_duplicate_key');
  }
});
