import { deepStrictEqual } from 'node:assert';
import { decode, encode } from '@ipld/dag-cbor';
import fc from 'fast-check';
import { CID } from 'multiformats/cid';
import { create as multihash } from 'multiformats/hashes/digest';
import t from 'tap';
import { concat, fromHex, toHex, utf8 } from '../../src/base/bytes.ts';
import { CodedError, codeOf } from '../../src/base/errors.ts';
import { BLOCK_BYTES_MAX, CBOR_DEPTH_MAX, CBOR_ITEMS_MAX } from '../../src/base/limits.ts';
import { decodeValue, encodeValue } from '../../src/format/codec.ts';
import { blockIdOf, idText, linkOf, parseIdText } from '../../src/format/ids.ts';
import { decodeJson, encodeJson } from '../../src/format/json-value.ts';

const BYTES_MAX = 4 * 1024 * 1024;
const DIGEST = '11'.repeat(32);
const LINK_HEX = `d82a58250001711220${DIGEST}`;

/** Hex with spaces where they help to read it. */
function unspaced(hex: string): Uint8Array {
  return fromHex(hex.replaceAll(' ', ''));
}

function decodeHex(hex: string): unknown {
  return decodeValue(unspaced(hex), BYTES_MAX);
}

function words(list: string): readonly string[] {
  return list.trim().split(/\s+/);
}

/** Each hex text must be refused with `code`, and by a coded error, on its own and deeper inside a value. */
function refused(test: Tap, code: string, hexes: readonly string[]): void {
  for (const hex of hexes) {
    const wanted = { name: 'CodedError', code };
    test.throws(() => decodeHex(hex), wanted, hex.slice(0, 60));
    test.throws(() => decodeHex(`81${hex}`), wanted, `in an array: ${hex.slice(0, 60)}`);
    test.throws(() => decodeHex(`a16161${hex}`), wanted, `in a map: ${hex.slice(0, 60)}`);
  }
}

function unencodable(test: Tap, code: string, values: readonly unknown[]): void {
  for (const value of values) {
    const name = typeof value === 'object' ? `${value?.constructor?.name}` : String(value);
    for (const wrapped of [value, [value], { a: value }]) {
      test.throws(() => encodeValue(wrapped), { name: 'CodedError', code }, name);
    }
  }
}

type Tap = Pick<typeof t, 'throws'>;

/** An independent canonical encoder, written from the DAG-CBOR specification, to compare our bytes with. */
function reference(value: unknown): Uint8Array {
  if (value === null) return fromHex('f6');
  if (typeof value === 'boolean') return fromHex(value ? 'f5' : 'f4');
  if (typeof value === 'number') return value < 0 ? head(1, BigInt(-1 - value)) : head(0, BigInt(value));
  if (typeof value === 'string') return concat(head(3, BigInt(utf8(value).length)), utf8(value));
  if (value instanceof Uint8Array) return concat(head(2, BigInt(value.length)), value);
  if (value instanceof CID) return concat(fromHex('d82a'), reference(concat(new Uint8Array(1), value.bytes)));
  if (Array.isArray(value)) return concat(head(4, BigInt(value.length)), ...value.map(reference));
  const pairs = Object.entries(value as Record<string, unknown>).map(([key, item]) => [utf8(key), item] as const);
  pairs.sort(([a], [b]) => a.length - b.length || Buffer.compare(a, b));
  const items = pairs.flatMap(([key, item]) => [head(3, BigInt(key.length)), key, reference(item)]);
  return concat(head(5, BigInt(pairs.length)), ...items);
}

function head(major: number, argument: bigint): Uint8Array {
  const info = argument < 24n ? -1 : [8n, 16n, 32n, 64n].findIndex((bits) => argument < 1n << bits);
  if (info < 0) return new Uint8Array([(major << 5) | Number(argument)]);
  const digits = argument.toString(16).padStart(2 ** (info + 1), '0');
  return concat(new Uint8Array([(major << 5) | (24 + info)]), fromHex(digits));
}

const text = fc.string({ unit: 'binary', maxLength: 40 }).filter((value) => !value.startsWith('\ufeff'));
const key = text.filter((value) => value !== '__proto__' && value !== '/');
// CBOR has no −0, so the generator must not make one.
const integer = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -300, max: 300 }));
const link = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((digest) => linkOf(toHex(digest)));
const anyValue = fc.letrec((tie) => ({
  leaf: fc.oneof(fc.constant(null), fc.boolean(), integer, text, fc.uint8Array({ maxLength: 300 }), link),
  node: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    tie('leaf'),
    fc.array(tie('node'), { maxLength: 30 }),
    fc.dictionary(key, tie('node'), { maxKeys: 30, noNullPrototype: true }),
  ),
})).node;

t.test('accepts the canonical form of every kind of value', async (t) => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['f6', null],
    ['f4', false],
    ['f5', true],
    ['00', 0],
    ['17', 23],
    ['1818', 24],
    ['18ff', 255],
    ['190100', 256],
    ['19ffff', 65_535],
    ['1a00010000', 65_536],
    ['1affffffff', 2 ** 32 - 1],
    ['1b0000000100000000', 2 ** 32],
    ['1b001fffffffffffff', Number.MAX_SAFE_INTEGER],
    ['20', -1],
    ['37', -24],
    ['3818', -25],
    ['38ff', -256],
    ['390100', -257],
    ['3a00010000', -65_537],
    ['3affffffff', -(2 ** 32)],
    ['3b0000000100000000', -(2 ** 32) - 1],
    ['3b001ffffffffffffe', -Number.MAX_SAFE_INTEGER],
    ['40', new Uint8Array()],
    ['420102', new Uint8Array([1, 2])],
    ['60', ''],
    ['63e282ac', '€'],
    ['64f09f9a80', '🚀'],
    ['66f48fbfbfc280', '\u{10ffff}\u0080'],
    ['64efbbbe61', '\ufefea'],
    ['6461efbbbf', 'a\ufeff'],
    ['80', []],
    ['8301820203f6', [1, [2, 3], null]],
    ['a0', {}],
    ['a26162f5626161f4', { b: true, aa: false }],
    ['a2616102616201', { b: 1, a: 2 }],
    ['a262c3a90262c3bf01', { ÿ: 1, é: 2 }],
    // In UTF-16 the other way round.
    ['a264efbfbf610264f090808001', { '\u{10000}': 1, '\uffffa': 2 }],
    ['a16001', { '': 1 }],
    ['a168746f537472696e6701', { toString: 1 }],
    [LINK_HEX, linkOf(DIGEST)],
  ];
  for (const [hex, value] of cases) {
    deepStrictEqual(decodeHex(hex), value);
    t.equal(toHex(encodeValue(value)), hex, hex);
  }
  t.equal(toHex(encodeValue(-0)), '00', 'there is one zero');
  t.equal(toHex(encodeValue(Object.assign(Object.create(null), { a: 1 }))), 'a1616101', 'without a prototype');
  t.equal(toHex(encodeValue(Buffer.from([7]))), '4107', 'a Buffer is bytes');
});

t.test('what was decoded shares no memory with the input, which may be a slice of something larger', async (t) => {
  const pool = Buffer.concat([
    Buffer.from('ffff', 'hex'),
    Buffer.from('8242010262c3a9', 'hex'),
    Buffer.from('ff', 'hex'),
  ]);
  const value = decodeValue(pool.subarray(2, 9), BYTES_MAX);
  pool.fill(0);
  t.strictSame(value, [new Uint8Array([1, 2]), 'é']);
});

t.test('map keys: order, duplicates, kinds', async (t) => {
  refused(t, 'cbor_duplicate_key', ['a2616101616102', 'a2 6001 6002', 'a3616101616201616202']);
  // By length first, then bytewise; a key that comes back later is out of order.
  refused(t, 'cbor_unsorted_keys', [
    'a2616201616101',
    'a262616101616201',
    'a2 616101 6001',
    'a3616101616201616101',
    'a262c3a901627a7a01',
  ]);
  refused(t, 'cbor_key', [
    'a10001',
    'a12001',
    'a1416101',
    'a1f601',
    'a1f501',
    'a18001',
    'a1a001',
    `a1${LINK_HEX}01`,
    'a2 616101 0002',
  ]);
  refused(t, 'cbor_key', [`a169${toHex(utf8('__proto__'))}01`, `a169${toHex(utf8('__proto__'))}a0`, 'a1612f01']);
  const lookalike = 'a2612f0165627974657301';
  refused(t, 'cbor_key', [lookalike]);
  t.strictSame(decodeHex(`a16a${toHex(utf8('__proto___'))}01`), { __proto___: 1 });
  t.strictSame(decodeHex('a1622f2f01'), { '//': 1 });
});

t.test('integers and lengths: shortest form, range', async (t) => {
  const notShortest = ['1800', '1817', '190000', '190017', '1900ff', '1a00000000', '1a0000ffff'];
  const wide = ['1b0000000000000000', '1b00000000ffffffff'];
  for (let major = 0; major <= 6; major += 1) {
    const first = (hex: string): string =>
      toHex(new Uint8Array([(major << 5) | (fromHex(hex)[0] ?? 0)])) + hex.slice(2);
    const hexes = [...notShortest, ...wide].map(first);
    refused(t, 'cbor_non_minimal', hexes);
    refused(
      t,
      'cbor_reserved',
      ['1c', '1d', '1e'].map((hex) => first(hex)),
    );
    refused(t, 'cbor_integer_range', [first('1b0020000000000000'), first('1bffffffffffffffff')]);
  }
  refused(t, 'cbor_non_minimal', ['5801aa', '590001aa', '780161', `d9002a58250001711220${DIGEST}`]);
  refused(t, 'cbor_non_minimal', [`d82a5900250001711220${DIGEST}`, 'a178016101', '980100', 'b801616101']);
  refused(t, 'cbor_integer_range', ['1b0020000000000000', '3b001fffffffffffff', '3b0020000000000000']);
});

t.test('indefinite lengths and the lone break', async (t) => {
  refused(t, 'cbor_indefinite', ['5f4101ff', '5fff', '7f6161ff', '7fff', '9f01ff', '9fff', 'bf616101ff', 'bfff', 'ff']);
  refused(t, 'cbor_indefinite', ['1f', '3f', 'df', 'd82a5f4100ff', 'a17f6161ff01']);
});

t.test('floats, and everything simple but false, true and null', async (t) => {
  const floats = words('f90000 f93c00 f97e00 f97c00 f9fc00 fa00000000 fa3fc00000 fa7fc00000 fa7f800000');
  refused(t, 'cbor_float', floats);
  refused(t, 'cbor_float', ['fb0000000000000000', 'fb3ff8000000000000', 'fb7ff8000000000000', 'fb7ff0000000000000']);
  refused(t, 'cbor_float', ['fbfff0000000000000', 'fb8000000000000000', 'f9', 'a1f93c0001']);
  const simple = Array.from({ length: 20 }, (_, index) => toHex(new Uint8Array([0xe0 + index])));
  refused(t, 'cbor_simple', [...simple, 'f7', 'f8', 'f800', 'f814', 'f8ff', 'fc', 'fd', 'fe', 'a1f701']);
  unencodable(t, 'cbor_float', [1.5, 2 ** 53, -(2 ** 53), 1e300, Number.MIN_VALUE]);
  unencodable(t, 'cbor_unencodable', [Number.NaN, Infinity, -Infinity]);
});

t.test('trailing bytes and the byte cap', async (t) => {
  for (const hex of ['0000', 'f6f6', '80ff', 'a000', `${LINK_HEX}00`, '60f6']) {
    t.throws(() => decodeHex(hex), { name: 'CodedError', code: 'cbor_trailing' }, hex);
  }
  const bytes = encodeValue('x'.repeat(100));
  t.equal(decodeValue(bytes, bytes.length), 'x'.repeat(100), 'exactly at the cap');
  t.throws(() => decodeValue(bytes, bytes.length - 1), {
    code: 'cbor_too_large',
    fields: { bytes: 102, bytesMax: 101 },
  });
  t.throws(() => decodeValue(new Uint8Array(), 0), { code: 'cbor_truncated' });
});

t.test('depth: at the cap, one more, and hundreds of thousands', async (t) => {
  const bombs: readonly (readonly [string, string, string])[] = [
    ['arrays', '81', '80'],
    ['maps', 'a16161', 'a0'],
  ];
  for (const [name, open, inner] of bombs) {
    const atCap = open.repeat(CBOR_DEPTH_MAX - 1) + inner;
    t.equal(toHex(encodeValue(decodeHex(atCap))), atCap, `${name} at the cap`);
    t.equal(toHex(encodeValue(decodeHex(`${open.repeat(CBOR_DEPTH_MAX)}00`))), `${open.repeat(CBOR_DEPTH_MAX)}00`);
    t.throws(() => decodeHex(open.repeat(CBOR_DEPTH_MAX) + inner), { code: 'cbor_depth' }, `${name} over the cap`);
    t.throws(() => decodeHex(open.repeat(300_000) + inner), { code: 'cbor_depth' }, `${name}, 300,000 deep`);
    t.throws(() => decodeHex(open.repeat(300_000)), { code: 'cbor_depth' }, `${name}, 300,000 deep, unfinished`);
  }
  t.throws(() => decodeHex('d82a'.repeat(300_000)), { code: 'cbor_link' }, 'tags do not nest at all');
  const mixed = `81a16161${'81a16161'.repeat(CBOR_DEPTH_MAX)}00`;
  t.throws(() => decodeHex(mixed), { code: 'cbor_depth' });

  const nested = (depth: number): unknown => {
    let value: unknown = 0;
    for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
    return value;
  };
  t.equal(toHex(encodeValue(decodeValue(encodeValue(nested(16)), 99))), toHex(encodeValue(nested(16))));
  t.throws(() => encodeValue(nested(CBOR_DEPTH_MAX + 1)), { code: 'cbor_depth' });
  t.throws(() => encodeValue(nested(300_000)), { code: 'cbor_depth' });
  const circle: unknown[] = [];
  circle.push(circle);
  t.throws(() => encodeValue(circle), { code: 'cbor_depth' });
});

t.test('item bombs and lying counts', async (t) => {
  const array = (count: number): Uint8Array => concat(head(4, BigInt(count)), new Uint8Array(count));
  t.equal((decodeValue(array(CBOR_ITEMS_MAX - 1), BYTES_MAX) as unknown[]).length, CBOR_ITEMS_MAX - 1, 'at the cap');
  t.throws(() => decodeValue(array(CBOR_ITEMS_MAX), BYTES_MAX), { code: 'cbor_items' });
  t.throws(() => decodeValue(array(3_000_000), BYTES_MAX), { code: 'cbor_items' });
  t.throws(() => encodeValue(new Array(CBOR_ITEMS_MAX).fill(0)), { code: 'cbor_items' });
  const empties = concat(head(4, BigInt(CBOR_ITEMS_MAX)), new Uint8Array(CBOR_ITEMS_MAX).fill(0x80));
  t.throws(() => decodeValue(empties, BYTES_MAX), { code: 'cbor_items' }, 'empty containers count');
  const lies = [
    ...words(`
      81 a1 a16161 8200 9a00010000 9b0000000100000000 9b001fffffffffffff ba7fffffff baffffffff
      bb001fffffffffffff 5818 5affffffff 5b0000000100000000 5b001fffffffffffff 7affffffff
      7b001fffffffffffff 41 61 4201 18 1901 1a010203 1b00200000 38 d8 d82a d82a5825
    `),
    LINK_HEX.slice(0, -2),
  ];
  // Refused where it is announced, before any of the items is looked at.
  for (const hex of ['9a0001000000ff', 'ba00010000ff']) {
    t.throws(() => decodeHex(hex), { code: 'cbor_truncated', fields: { at: 0 } }, hex);
  }
  for (const hex of lies) t.throws(() => decodeHex(hex), { name: 'CodedError', code: 'cbor_truncated' }, hex);
  refused(t, 'cbor_integer_range', ['bb0020000000000000', '9b0020000000000000', '5bffffffffffffffff']);
});

t.test('a valid value cut at any byte', async (t) => {
  const value = {
    a: [1, 24, 2 ** 20, -(2 ** 40)],
    b: { c: 'héllo', d: new Uint8Array(30) },
    l: linkOf(DIGEST),
    n: null,
  };
  const bytes = encodeValue(value);
  t.strictSame(decodeValue(bytes, BYTES_MAX), value);
  for (let end = 0; end < bytes.length; end += 1) {
    t.throws(
      () => decodeValue(bytes.subarray(0, end), BYTES_MAX),
      { name: 'CodedError', code: 'cbor_truncated' },
      `${end}`,
    );
  }
});

t.test('tags and links', async (t) => {
  refused(t, 'cbor_tag', ['c000', 'c11a00000000', 'c24101', 'c34101', 'd81800', 'd82900', 'd82b00', 'd9d9f700']);
  refused(t, 'cbor_tag', [`d82b${LINK_HEX.slice(4)}`, 'db0000000100000000 00']);
  const bytes = (body: string): string =>
    toHex(concat(fromHex('d82a'), head(2, BigInt(unspaced(body).length)), unspaced(body)));
  refused(t, 'cbor_link', [
    bytes(`0001551220${DIGEST}`), // codec raw
    bytes(`0001701220${DIGEST}`), // codec dag-pb
    bytes(`0001 8104 1220 ${DIGEST}`), // a codec of two bytes
    bytes(`0001711320${DIGEST}`), // hash named SHA-512
    bytes(`0001711340${DIGEST}${DIGEST}`), // SHA-512
    bytes(`000171121f ${DIGEST.slice(2)}`), // a digest of 31 bytes
    bytes(`0001711221${DIGEST}11`), // of 33
    bytes(`000171121f${DIGEST}`), // lengths that disagree
    bytes(`0001711220${DIGEST}00`), // bytes after the digest
    bytes(`0001711220${DIGEST.slice(2)}`),
    bytes(`0001710020${DIGEST}`), // identity
    bytes(`001220${DIGEST}`), // CIDv0
    bytes(`0002711220${DIGEST}`), // CIDv2
    bytes(`01711220${DIGEST}`), // without the leading 00
    bytes(`0101711220${DIGEST}`),
    bytes(`0001f1001220${DIGEST.slice(2)}`), // a varint that is not minimal
    bytes(''),
    bytes('00'),
    ...words('d82a00 d82a20 d82af6 d82a80 d82aa0 d82a6161'),
    `d82a7825${'61'.repeat(37)}`,
    `d82a${LINK_HEX}`, // a link in a link
    'd82ac000',
  ]);
  const digest = multihash(0x12, fromHex(DIGEST));
  unencodable(t, 'cbor_link', [
    CID.createV1(0x55, digest),
    CID.createV0(digest),
    CID.createV1(0x71, multihash(0x13, new Uint8Array(64))),
    CID.createV1(0x71, multihash(0x12, new Uint8Array(31))),
  ]);
});

t.test('text that is not UTF-8', async (t) => {
  const bad = words('80 bf c080 c1bf e08080 e09fbf f0808080 f08fbfbf eda080 edbfbf eda080edb080');
  const cut = ['c3', 'e282', 'f09f9a', 'f4908080', 'f5808080', 'f888808080', 'fe', 'ff', '61ff61', 'c328', 'e228a1'];
  for (const body of [...bad, ...cut]) {
    refused(t, 'cbor_utf8', [toHex(concat(head(3, BigInt(body.length / 2)), fromHex(body)))]);
    refused(t, 'cbor_utf8', [toHex(concat(fromHex('a1'), head(3, BigInt(body.length / 2)), fromHex(`${body}01`)))]);
  }
  // The bytes of a text may not lend each other: a character split between two texts is two errors.
  refused(t, 'cbor_utf8', ['8261c361a9']);
});

t.test('a byte order mark, which decoders drop, so that two keys or two ids had one meaning', async (t) => {
  refused(t, 'cbor_byte_order_mark', ['63efbbbf', '64efbbbf61', 'a263efbbbf01', 'a2 616101 64efbbbf61 02']);
  const long = concat(fromHex('efbbbf'), utf8('é'.repeat(100)));
  refused(t, 'cbor_byte_order_mark', [toHex(concat(head(3, BigInt(long.length)), long))]);
  unencodable(t, 'cbor_byte_order_mark', ['\ufeff', '\ufeffa']);
  t.throws(() => encodeValue({ '\ufeffa': 1, a: 2 }), { code: 'cbor_byte_order_mark' });
  t.strictSame(decodeHex('62c3a9'), 'é');
  t.throws(() => decodeHex('8260efbbbf'), { code: 'cbor_simple' }, 'the mark is not looked for beyond its text');
});

t.test('values that have no form are never written', async (t) => {
  class Point {
    readonly x = 1;
  }
  unencodable(t, 'cbor_unencodable', [undefined, () => 1, Symbol('s'), 5n, 2n ** 60n]);
  unencodable(t, 'cbor_unencodable', [
    new Map([['a', 1]]),
    new Set([1]),
    new Date(0),
    /a/,
    new Point(),
    new Error('x'),
  ]);
  unencodable(t, 'cbor_unencodable', [
    new Float64Array([1.5]),
    new Uint16Array([1]),
    new ArrayBuffer(2),
    new String('a'),
  ]);
  unencodable(t, 'cbor_unencodable', [
    new DataView(new ArrayBuffer(1)),
    new Array(3),
    '\ud800',
    'a\udc00',
    '\udc00\ud800',
  ]);
  t.throws(() => encodeValue({ '\ud800': 1 }), { code: 'cbor_unencodable' });
  const proto: unknown = JSON.parse('{"__proto__":{"admin":true}}');
  unencodable(t, 'cbor_key', [proto, { '/': 1 }, { '/': 'x', bytes: 'x' }]);
  const cid = linkOf(DIGEST).bytes;
  t.throws(() => encodeValue({ '/': cid, bytes: cid }), { code: 'cbor_key' }, 'a map that looks like a link');
});

t.test('property: encode then decode is identity, and the bytes are the canonical ones', async () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const bytes = encodeValue(value);
      deepStrictEqual(toHex(bytes), toHex(reference(value)));
      const again = decodeValue(bytes, bytes.length);
      deepStrictEqual(again, value);
      deepStrictEqual(toHex(encodeValue(again)), toHex(bytes));
    }),
    { numRuns: 1_000 },
  );
});

t.test('property: the library of DAG-CBOR reads and writes the same', async () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const bytes = encodeValue(value);
      deepStrictEqual(toHex(encode(value)), toHex(bytes));
      deepStrictEqual(toHex(encode(decode(bytes))), toHex(bytes));
    }),
    { numRuns: 1_000 },
  );
});

t.test('property: the order in which keys were set does not matter', async () => {
  const shuffled = fc
    .uniqueArray(fc.tuple(key, integer), { selector: ([name]) => name, maxLength: 20 })
    .chain((pairs) => fc.tuple(fc.constant(pairs), fc.shuffledSubarray(pairs, { minLength: pairs.length })));
  fc.assert(
    fc.property(shuffled, ([one, other]) => {
      const hex = (pairs: readonly (readonly [string, number])[]) => toHex(encodeValue(Object.fromEntries(pairs)));
      deepStrictEqual(hex(one), hex(other));
    }),
  );
});

/** Either a refusal with a code of the codec, or a value whose one form these bytes are. */
function refusedOrCanonical(bytes: Uint8Array): boolean {
  let value: unknown;
  try {
    value = decodeValue(bytes, BLOCK_BYTES_MAX);
  } catch (error) {
    if (error instanceof CodedError && error.code.startsWith('cbor_')) return false;
    throw error;
  }
  deepStrictEqual(toHex(encodeValue(value)), toHex(bytes));
  return true;
}

t.test('property: random bytes are refused with a code or are canonical', async (t) => {
  const counts = { accepted: 0, refused: 0 };
  const count = (bytes: Uint8Array): void => {
    counts[refusedOrCanonical(bytes) ? 'accepted' : 'refused'] += 1;
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), count), { numRuns: 5_000 });
  // Bytes that often mean something: small counts, short texts, the special keys, halves of links.
  const pieces = [
    ...words(`
      00 20 40 4100 60 6161 6162 612f 656279746573 626161 80 81 82 a0 a1 a2 f4 f6 f7 1818 1801 d82a 5825
      c0 f93c00 ff 9f 63efbbbf
    `),
    LINK_HEX,
    `69${toHex(utf8('__proto__'))}`,
  ];
  const likely = fc
    .array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 8 })
    .map((chosen) => fromHex(chosen.join('')));
  fc.assert(fc.property(likely, count), { numRuns: 30_000 });
  t.ok(counts.accepted > 300 && counts.refused > 3_000, `both happen: ${JSON.stringify(counts)}`);
});

t.test('property: one changed byte of a canonical value', async () => {
  const mutated = fc.tuple(anyValue, fc.nat(), fc.integer({ min: 1, max: 255 })).map(([value, at, change]) => {
    const bytes = encodeValue(value);
    const index = at % bytes.length;
    bytes[index] = (bytes[index] ?? 0) ^ change;
    return bytes;
  });
  fc.assert(
    fc.property(mutated, (bytes) => {
      refusedOrCanonical(bytes);
    }),
    { numRuns: 3_000 },
  );
});

t.test('ids: hex inside, bafyrei… for people, a link in bytes', async (t) => {
  const id = blockIdOf(utf8('abc'));
  t.equal(id, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 'SHA-256 of abc (FIPS 180-4)');
  t.match(idText(id), /^bafyrei[a-z2-7]{52}$/);
  t.equal(parseIdText(idText(id)), id);
  const digest = multihash(0x12, fromHex(id));
  const bad = [
    '',
    'b',
    'bafyrei',
    id,
    `${idText(id)}a`,
    idText(id).slice(0, -1),
    idText(id).toUpperCase(),
    ` ${idText(id)}`,
    '🚀',
    CID.createV1(0x55, digest).toString(),
    CID.createV0(digest).toString(),
    CID.createV1(0x71, multihash(0x13, new Uint8Array(64))).toString(),
    CID.createV1(0x71, multihash(0x12, new Uint8Array(3))).toString(),
    'x'.repeat(100_000),
  ];
  for (const wrong of bad) {
    t.throws(() => parseIdText(wrong), { name: 'CodedError', code: 'bad_block_id' }, wrong.slice(0, 80));
  }
  fc.assert(
    fc.property(fc.string(), (anything) => {
      try {
        parseIdText(anything);
      } catch (error) {
        deepStrictEqual(codeOf(error), 'bad_block_id');
      }
    }),
  );
});

t.test('JSON: what a dapp may write, it reads back', async (t) => {
  const bytes = { '/': { bytes: 'AQI' } };
  for (const json of [
    { asCID: 1, code: 2, multihash: 'x' },
    { bytes: 'x' },
    [bytes, null, -1, 'é', true],
    { a: bytes },
  ]) {
    t.strictSame(decodeJson(encodeJson(json), BYTES_MAX), json);
  }
  t.throws(() => decodeJson(fromHex(LINK_HEX), BYTES_MAX), { name: 'CodedError', code: 'json_link' });
  t.throws(() => encodeJson({ '/': 'x', bytes: 'x' }), { name: 'CodedError', code: 'json_bytes' });
});
