import fc from 'fast-check';
import t from 'tap';
import { TREE_DEPTH_MAX } from '../../src/base/limits-chunks.ts';
import { liveOf } from '../../src/chunks/live.ts';
import { faultsOfRoots, readingAll } from '../../src/chunks/live-check.ts';
import { type LiveItem, pathOf } from '../../src/chunks/live-item.ts';
import type { Root, RootTarget } from '../../src/chunks/ports.ts';
import type { Node } from '../../src/chunks/tree/entry.ts';
import { framedEntry } from '../../src/chunks/tree/entry-stream.ts';
import { encodeSnapshot } from '../../src/chunks/tree/snapshot.ts';
import { sha256 } from '../../src/format/ids.ts';
import { type Folder, hex, META, putBlob, putTree, Shelf, textOf } from './made.ts';

const PIECE_BYTES = 400;
const NOTHING_WALKED = () => false;

const BIG: Folder = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`f${at}`, textOf(`small ${at}`, 400)]));
const TREE: Folder = { a: textOf('a', 40_000), b: { c: textOf('c', 20_000), big: BIG }, d: textOf('d', 100), e: BIG };

async function itemsOf(target: RootTarget, shelf: Shelf, isWalked = NOTHING_WALKED): Promise<readonly LiveItem[]> {
  return await Array.fromAsync(liveOf(target, { fetch: shelf.fetch, isWalked }));
}

function digestsOf(items: readonly LiveItem[]): readonly string[] {
  return items.flatMap((item) =>
    item.kind === 'chunks'
      ? item.parts.map(({ digest }) => hex(digest))
      : item.kind === 'tree'
        ? []
        : [hex(item.digest)],
  );
}

function rootOf(name: string, target: RootTarget): Root {
  return { kind: 'pin', name, target, addedMs: 0, note: '{}' };
}

t.test('what is live is what was put, parts before what names them', async (t) => {
  const shelf = new Shelf();
  const tree = putTree(TREE, PIECE_BYTES, shelf);
  const items = await itemsOf(tree, shelf);
  const told = digestsOf(items);
  t.strictSame([...new Set(told)].sort(), [...shelf.kept.keys()].sort());
  t.equal(told.at(-1), hex(tree.digest));
  t.ok(items.every((item) => !('isWhole' in item) || item.isWhole));
  const paths = items.flatMap((item) => ('at' in item && item.at !== null ? [pathOf(item.at).toString()] : []));
  t.strictSame([...new Set(paths)], ['a', 'b/big', 'b/c', 'e']);
  // Whatever a list names was told when it is told.
  const before = new Set<string>();
  for (const item of items) {
    if (item.kind === 'list') {
      const bytes = shelf.kept.get(hex(item.digest)) ?? new Uint8Array();
      const named = [...before].filter((digest) => Buffer.from(bytes).includes(Buffer.from(digest, 'hex')));
      t.ok(named.length > 1);
    }
    for (const digest of digestsOf([item])) before.add(digest);
  }
});

t.test('what was walked before is not walked again', async (t) => {
  const shelf = new Shelf();
  const tree = putTree(TREE, PIECE_BYTES, shelf);
  const walked = new Set<string>();
  for (const item of await itemsOf(tree, shelf)) {
    if (item.kind === 'list' || item.kind === 'tree') walked.add(item.kind + hex(item.digest));
  }
  shelf.asked = 0;
  const isWalked = (kind: string, digest: Uint8Array) => walked.has(kind + hex(digest));
  const again = await Array.fromAsync(liveOf(tree, { fetch: shelf.fetch, isWalked }));
  t.equal(shelf.asked, 1, 'the document alone');
  t.strictSame(digestsOf(again), [hex(tree.digest)]);

  // The bytes of a list in a file are a chunk, and nothing hangs on that.
  const blob = putBlob(Buffer.from(textOf('blob', 4_000)), PIECE_BYTES, shelf);
  const list = shelf.kept.get(hex(blob?.digest ?? new Uint8Array())) ?? new Uint8Array();
  const file = putBlob(list, list.length, shelf);
  t.same(file?.digest, blob?.digest);
  const asFile = await itemsOf({ kind: 'blob', root: file }, shelf);
  t.strictSame(
    asFile.map(({ kind }) => kind),
    ['chunks'],
    'nothing says that the list was walked',
  );
});

t.test('what cannot be read is told, and the rest is walked', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.constantFrom('missing', 'rotten'), async (pick, how) => {
      const shelf = new Shelf();
      const tree = putTree(TREE, PIECE_BYTES, shelf);
      const sound = await itemsOf(tree, shelf);
      const keys = [...shelf.kept.keys()];
      const victim = keys[pick % keys.length] ?? '';
      if (how === 'missing') shelf.kept.delete(victim);
      else shelf.kept.set(victim, Buffer.from('something else'));
      const items = await itemsOf(tree, shelf);
      const unread = items.filter((item) => item.kind === 'unread');
      const leaf = sound.some(
        (item) => item.kind === 'chunks' && item.parts.some(({ digest }) => hex(digest) === victim),
      );
      for (const { error } of unread) t.equal(error.code, `chunk_${how}`);
      for (const item of items) if (item.kind === 'document') t.equal(item.isWhole, unread.length === 0);
      // Each that is told is live; what is not told hangs on what could not be read.
      const live = new Set(digestsOf(sound));
      t.ok(digestsOf(items).every((digest) => live.has(digest)));
      if (unread.length === 0) t.strictSame(digestsOf(items), digestsOf(sound), `only contents: ${leaf}`);
      const faults = await Array.fromAsync(faultsOfRoots([rootOf('x', tree)], readingAll(shelf.fetch)));
      t.ok(faults.length > 0);
      t.ok(faults.every(({ error }) => error.code === `chunk_${how}`));
    }),
    { numRuns: 60 },
  );
});

t.test('a fault is told of each root that has it, and of no other', async (t) => {
  const shelf = new Shelf();
  const one = putTree({ ...TREE, z: textOf('z', 30_000) }, PIECE_BYTES, shelf);
  const two = putTree({ q: TREE }, PIECE_BYTES, shelf);
  const other = putBlob(Buffer.from(textOf('other', 50_000)), PIECE_BYTES, shelf);
  const empty = rootOf('empty', { kind: 'blob', root: null });
  const roots = [rootOf('one', one), rootOf('two', two), rootOf('other', { kind: 'blob', root: other }), empty];
  const none = await Array.fromAsync(faultsOfRoots(roots, readingAll(shelf.fetch)));
  t.strictSame(none, []);
  const part = (await itemsOf(one, shelf)).flatMap((item) =>
    item.kind === 'chunks' && item.at !== null && pathOf(item.at).toString() === 'b/c' ? item.parts : [],
  )[3];
  shelf.kept.delete(hex(part?.digest ?? new Uint8Array()));
  const faults = await Array.fromAsync(faultsOfRoots(roots, readingAll(shelf.fetch)));
  t.strictSame(
    faults.map(({ root, path, error }) => [root.name, path?.toString(), error.code]),
    [
      ['one', 'b/c', 'chunk_missing'],
      ['two', 'q/b/c', 'chunk_missing'],
    ],
  );
});

t.test('what the fetch itself meets ends the walk', async (t) => {
  const shelf = new Shelf();
  const tree = putTree(TREE, PIECE_BYTES, shelf);
  const fetch = async (digest: Uint8Array) => {
    if (shelf.asked > 20) throw new Error('the disk is gone');
    return await shelf.fetch(digest);
  };
  await t.rejects(Array.fromAsync(liveOf(tree, { fetch, isWalked: NOTHING_WALKED })), { message: 'the disk is gone' });
});

t.test('a tree that is too deep', async (t) => {
  const shelf = new Shelf();
  const deep = (depth: number): Folder => (depth === 0 ? { f: 'x' } : { d: deep(depth - 1) });
  const fits = await itemsOf(putTree(deep(TREE_DEPTH_MAX), PIECE_BYTES, shelf), shelf);
  t.notOk(fits.some(({ kind }) => kind === 'unread'));
  const items = await itemsOf(putTree(deep(TREE_DEPTH_MAX + 1), PIECE_BYTES, shelf), shelf);
  t.match(
    items.filter(({ kind }) => kind === 'unread'),
    [{ error: { code: 'directory_form' } }],
  );
});

t.test('a few directories that name each other a thousand million times end soon, with a gap below', async (t) => {
  const WIDTH = 8;
  const DEPTH = 10;
  for (const gap of ['list', 'chunk'] as const) {
    const shelf = new Shelf();
    const bottom = Buffer.from(textOf('bottom', 40_000));
    const root = putBlob(bottom, PIECE_BYTES, shelf);
    if (root === null) throw new Error('a blob of pieces is not empty');
    const lost = gap === 'list' ? root.digest : sha256(bottom.subarray(0, PIECE_BYTES));
    let node: Node & { readonly meta: typeof META } = { kind: 'file', content: root, hasHoles: false, meta: META };
    for (let depth = 0; depth < DEPTH; depth += 1) {
      const names = Array.from({ length: WIDTH }, (_, at) => ({ ...node, name: Buffer.from(`n${at}`) }));
      const content = { inline: Buffer.from(textOf(`filler ${depth}`, 500)) };
      const filler = { kind: 'file', content, hasHoles: false, meta: META } as const;
      const fillers = Array.from({ length: 64 }, (_, at) => ({ ...filler, name: Buffer.from(`z${at + 100}`) }));
      const entries = [...names, ...fillers].map(framedEntry);
      const directory = putBlob(Buffer.concat(entries), PIECE_BYTES, shelf);
      if (directory === null) throw new Error('a directory of fillers is not empty');
      node = { kind: 'directory', content: directory, meta: META };
    }
    if (node.kind !== 'directory') throw new Error('the top is a directory');
    const document = encodeSnapshot(node);
    const digest = sha256(document);
    shelf.list(digest, document);
    shelf.kept.delete(hex(lost));
    const target = { kind: 'snapshot', digest } as const;
    const walked = new Set<string>();
    for await (const item of liveOf(target, {
      fetch: shelf.fetch,
      isWalked: (kind, at) => walked.has(kind + hex(at)),
    })) {
      if ('isWhole' in item && item.isWhole) walked.add(item.kind + hex(item.digest));
    }
    t.ok(shelf.asked < 3 * shelf.kept.size, `${shelf.asked} asked of ${shelf.kept.size}`);
    shelf.asked = 0;
    const faults = await Array.fromAsync(faultsOfRoots([rootOf('bomb', target)], readingAll(shelf.fetch)));
    t.strictSame([...new Set(faults.map((fault) => hex(fault.digest)))], [hex(lost)]);
    t.ok(shelf.asked < 4 * shelf.kept.size, `${shelf.asked} asked of ${shelf.kept.size}`);
  }
});
