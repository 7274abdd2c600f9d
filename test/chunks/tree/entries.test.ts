import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as dagCbor from '@ipld/dag-cbor';
import fc from 'fast-check';
import { CID } from 'multiformats/cid';
import { create } from 'multiformats/hashes/digest';
import t from 'tap';
import {
  ENTRY_ATTRIBUTES_MAX,
  ENTRY_BYTES_MAX,
  INLINE_BYTES_MAX,
  NAME_IN_TREE_BYTES_MAX,
  SYMLINK_BYTES_MAX,
  TREE_DEPTH_MAX,
} from '../../../src/base/limits-chunks.ts';
import type { Attribute, Content, Entry, Meta } from '../../../src/chunks/tree/entry.ts';
import { decodeEntry, encodeEntry } from '../../../src/chunks/tree/entry-code.ts';
import { entriesOf, framedEntry } from '../../../src/chunks/tree/entry-stream.ts';
import { comparePaths, isName, namesOf, pathOf } from '../../../src/chunks/tree/names.ts';
import { decodeSnapshot, encodeSnapshot, type RootDirectory } from '../../../src/chunks/tree/snapshot.ts';
import { decodeValue, encodeValue } from '../../../src/format/codec.ts';
import { sha256 } from '../../../src/format/ids.ts';
import { anyEntry, anyMeta, anyName, bytes, hex, metaOf } from '../tree-parts.ts';

const VECTORS = JSON.parse(readFileSync(join(import.meta.dirname, '../../vectors/trees.json'), 'utf8'));
const REFUSED = /^(entry_form|cbor_)/;

async function* inPieces(whole: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size);
}

function codeOfThrown(work: () => unknown): string | null {
  try {
    work();
    return null;
  } catch (error) {
    return (error as { code?: string }).code ?? `${error}`;
  }
}

/** An entry as its bytes say it, to be changed into one that no writer makes. */
function fieldsOf(entry: Entry): Record<string, unknown> {
  return decodeValue(encodeEntry(entry), ENTRY_BYTES_MAX) as Record<string, unknown>;
}

const FILE: Entry = {
  name: bytes('f'),
  kind: 'file',
  meta: metaOf(),
  hasHoles: false,
  content: { inline: bytes('x') },
};
const BLOB: Content = { digest: new Uint8Array(32), height: 1, length: INLINE_BYTES_MAX + 1 };

t.test('an entry is what was written, and has one form', async (t) => {
  fc.assert(
    fc.property(anyEntry, (entry) => {
      const encoded = encodeEntry(entry);
      const decoded = decodeEntry(encoded);
      return t.same(decoded, entry, { diagnostic: false }) && Buffer.compare(encodeEntry(decoded), encoded) === 0;
    }),
    { numRuns: 200 },
  );
});

t.test('bytes that were changed are refused, or are the one form of another entry', async (t) => {
  const whole = fc.constantFrom('bits', 'end', 'more');
  fc.assert(
    fc.property(anyEntry, whole, fc.nat(), fc.integer({ min: 1, max: 255 }), (entry, what, at, bits) => {
      const encoded = Buffer.from(encodeEntry(entry));
      const place = at % encoded.length;
      const changed =
        what === 'end'
          ? encoded.subarray(0, place)
          : what === 'more'
            ? Buffer.concat([encoded, Buffer.of(bits)])
            : encoded;
      if (what === 'bits') changed[place] = (changed[place] ?? 0) ^ bits;
      const code = codeOfThrown(() => {
        if (Buffer.compare(encodeEntry(decodeEntry(changed)), changed) !== 0) throw new Error('of two forms');
      });
      return code === null ? what === 'bits' : REFUSED.test(code);
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (some) => REFUSED.test(codeOfThrown(() => decodeEntry(some)) ?? '')),
  );
  t.pass('all of them');
});

t.test('entries that say what none may', async (t) => {
  const file = fieldsOf(FILE);
  const blob = fieldsOf({ ...FILE, content: BLOB });
  const link = fieldsOf({ name: bytes('h'), kind: 'hardlink', to: bytes('a/b') });
  const symlink = fieldsOf({ name: bytes('l'), kind: 'symlink', meta: metaOf(), target: bytes('t') });
  const device = fieldsOf({ name: bytes('c'), kind: 'character', meta: metaOf(), major: 1, minor: 2 });
  const attribute = (name: string) => [bytes(name), bytes('v')];
  const wrong: readonly (readonly [string, Record<string, unknown>])[] = [
    ...['', '.', '..', 'a/b', '/', 'a\0', 'n'.repeat(NAME_IN_TREE_BYTES_MAX + 1)].map(
      (name) => ['n', { ...file, n: bytes(name) }] as const,
    ),
    ['n', { ...file, n: 'text' }],
    ['t', { ...file, t: 's' }],
    ['m', { ...file, m: 0o10000 }],
    ['m', { ...file, m: -1 }],
    ['u', { ...file, u: 2 ** 32 - 1 }],
    ['g', { ...file, g: '0' }],
    ['s', { ...file, s: null }],
    ['ns', { ...file, ns: 0 }],
    ['ns', { ...file, ns: 1_000_000_000 }],
    ['x', { ...file, x: [] }],
    ['x', { ...file, x: [attribute('b'), attribute('a')] }],
    ['x', { ...file, x: [attribute('a'), attribute('a')] }],
    ['x', { ...file, x: [attribute('')] }],
    ['x', { ...file, x: [attribute('a\0')] }],
    ['x', { ...file, x: [attribute('n'.repeat(NAME_IN_TREE_BYTES_MAX + 1))] }],
    ['x', { ...file, x: [[bytes('a')]] }],
    ['x', { ...file, x: [['a', bytes('v')]] }],
    ['x', { ...file, x: Array.from({ length: ENTRY_ATTRIBUTES_MAX + 1 }, (_, at) => attribute(String(1000 + at))) }],
    ['o', { ...file, o: false }],
    ['c', { ...file, c: new Uint8Array(INLINE_BYTES_MAX + 1) }],
    ['id', { ...file, id: new Uint8Array(32) }],
    ['z', { ...blob, z: INLINE_BYTES_MAX }],
    ['z', { ...blob, z: 2 ** 40 + 1 }],
    ['h', { ...blob, h: 9 }],
    ['id', { ...blob, id: new Uint8Array(31) }],
    ['to', { ...file, to: bytes('a') }],
    ['m', { ...link, m: 0 }],
    ...['', '/a', 'a/', 'a//b', '../a', 'a/./b', `${'a/'.repeat(TREE_DEPTH_MAX)}a`].map(
      (to) => ['to', { ...link, to: bytes(to) }] as const,
    ),
    ['to', { ...symlink, to: bytes('') }],
    ['to', { ...symlink, to: bytes('a\0') }],
    ['to', { ...symlink, to: new Uint8Array(SYMLINK_BYTES_MAX + 1).fill(65) }],
    ['d', { ...device, d: [1] }],
    ['d', { ...device, d: [1, -1] }],
    ['d', { ...device, d: [1, 2 ** 32] }],
    ['more', { ...file, more: 1 }],
  ];
  for (const [field, fields] of wrong) {
    t.throws(() => decodeEntry(encodeValue(fields)), { code: 'entry_form', fields: { field } }, JSON.stringify(fields));
  }
  for (const missing of Object.keys(file)) {
    const { [missing]: _, ...rest } = file;
    t.throws(() => decodeEntry(encodeValue(rest)), { code: 'entry_form' }, `without ${missing}`);
  }
  t.throws(() => decodeEntry(new Uint8Array(ENTRY_BYTES_MAX + 1)), { code: 'cbor_too_large' });
});

t.test('a directory is read from pieces of any size', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(anyEntry, { maxLength: 12, selector: ({ name }) => hex(name) }),
      fc.integer({ min: 1, max: 400 }),
      async (entries, size) => {
        const sorted = [...entries].sort((a, b) => Buffer.compare(a.name, b.name));
        const stream = Buffer.concat(sorted.map(framedEntry));
        t.same(await Array.fromAsync(entriesOf(inPieces(stream, size))), sorted, { diagnostic: false });
      },
    ),
    { numRuns: 50 },
  );
});

t.test('directories that are none', async (t) => {
  const named = (name: string) => framedEntry({ ...FILE, name: bytes(name) });
  const read = (...parts: readonly Uint8Array[]) => Array.fromAsync(entriesOf(inPieces(Buffer.concat(parts), 50)));
  t.equal((await read(named('a'), named('b'))).length, 2);
  await t.rejects(read(named('b'), named('a')), { code: 'directory_form' }, 'not sorted');
  await t.rejects(read(named('a'), named('a')), { code: 'directory_form' }, 'twice');
  await t.rejects(
    read(named('a'), named('b').subarray(0, -1)),
    { code: 'directory_form', fields: { bytes: /./ } },
    'cut',
  );
  await t.rejects(read(named('a'), Uint8Array.of(0)), { code: 'directory_form' }, 'a length that is cut');
  await t.rejects(read(Uint8Array.of(0, 2, 0, 1)), { code: 'directory_form' }, 'a length over the cap');
  await t.rejects(read(Uint8Array.of(0, 0, 0, 1, 0xff)), { code: /^cbor_/ }, 'no entry');
  const attributes = [1, 2].map((at) => ({ name: bytes(`a${at}`), value: new Uint8Array(ENTRY_BYTES_MAX / 2) }));
  t.throws(() => framedEntry({ ...FILE, meta: metaOf({ attributes }) }), { code: 'entry_large' });
});

t.test('names and paths', async (t) => {
  fc.assert(
    fc.property(
      fc.array(anyName, { minLength: 1, maxLength: 5 }),
      fc.array(anyName, { minLength: 1, maxLength: 5 }),
      (a, b) => {
        const [left, right] = [a, b].map((names) => names.reduce(pathOf, new Uint8Array()));
        if (left === undefined || right === undefined) return false;
        t.same(namesOf(left), a, { diagnostic: false });
        const at = a.findIndex((name, index) => Buffer.compare(name, b[index] ?? name) !== 0);
        const byNames = at === -1 ? a.length - b.length : Buffer.compare(a[at] ?? left, b[at] ?? right);
        return Math.sign(comparePaths(left, right)) === Math.sign(byNames);
      },
    ),
    { numRuns: 200 },
  );
  t.ok(comparePaths(bytes('a/b'), bytes('a!')) < 0, 'what lies in a directory comes before the name after it');
  t.equal(isName(bytes('...')), true);
  t.equal(namesOf(bytes('')), null);
});

t.test('the document of a snapshot', async (t) => {
  fc.assert(
    fc.property(anyMeta, (meta) => {
      const root: RootDirectory = { kind: 'directory', meta, content: { inline: bytes('any') } };
      t.same(decodeSnapshot(encodeSnapshot(root)), root, { diagnostic: false });
    }),
    { numRuns: 30 },
  );
  const root: RootDirectory = { kind: 'directory', meta: metaOf(), content: BLOB };
  const entry = (other: Partial<Entry>) => encodeEntry({ name: bytes('root'), ...root, ...other } as Entry);
  const refused = (fields: unknown, code: string | RegExp) =>
    t.throws(() => decodeSnapshot(encodeValue(fields)), { code }, JSON.stringify(fields));
  t.same(decodeSnapshot(encodeValue({ snapshot: 1, root: entry({}) })), root);
  refused({ snapshot: 2, root: entry({}) }, 'snapshot_form');
  refused({ root: entry({}) }, 'snapshot_form');
  refused({ snapshot: 1, root: entry({}), more: 1 }, 'snapshot_form');
  refused({ snapshot: 1, root: 'root' }, 'snapshot_form');
  refused({ snapshot: 1, root: entry({ name: bytes('other') }) }, 'snapshot_form');
  refused({ snapshot: 1, root: encodeEntry(FILE) }, 'snapshot_form');
  refused({ snapshot: 1, root: encodeEntry({ ...FILE, name: bytes('root') }) }, 'snapshot_form');
  refused({ snapshot: 1, root: bytes('x') }, /^cbor_/);
});

/** How the file of vectors tells an entry: bytes in hex. */
type Told = Readonly<Record<string, unknown>>;

function entryOf({ name, kind, meta, attributes, content: told, ...rest }: Told): Entry {
  const value = (field: unknown): unknown =>
    typeof field === 'string' && field.startsWith('hex:') ? new Uint8Array(Buffer.from(field.slice(4), 'hex')) : field;
  const from = (told: Told) => Object.fromEntries(Object.entries(told).map(([key, field]) => [key, value(field)]));
  const content = told === undefined ? {} : { content: from(told as Told) };
  const list = ((attributes ?? []) as readonly Told[]).map((each) => from(each) as unknown as Attribute);
  const known = meta === undefined ? {} : { meta: { ...(meta as Meta), attributes: list } };
  return { name: value(name), kind, ...from(rest), ...content, ...known } as unknown as Entry;
}

t.test('the vectors', async (t) => {
  const frames: Uint8Array[] = [];
  for (const { says, entry, bytes: wanted } of VECTORS.entries) {
    const encoded = encodeEntry(entryOf(entry));
    t.equal(hex(encoded), wanted, says);
    t.same(decodeEntry(Buffer.from(wanted, 'hex')), entryOf(entry), says);
    t.equal(hex(dagCbor.encode(dagCbor.decode(Buffer.from(wanted, 'hex')))), wanted, 'as another encoder has it');
    frames.push(framedEntry(entryOf(entry)));
  }
  const stream = Buffer.concat(frames);
  t.equal(hex(stream), VECTORS.directory.stream);
  const document = encodeSnapshot({
    kind: 'directory',
    meta: { ...VECTORS.snapshot.root.meta, attributes: [] },
    content: { inline: stream },
  });
  t.equal(hex(document), VECTORS.snapshot.document);
  t.equal(CID.createV1(0x71, create(0x12, sha256(document))).toString(), VECTORS.snapshot.id);
});
