import fc from 'fast-check';
import t from 'tap';
import { TREE_DEPTH_MAX } from '../../../src/base/limits-chunks.ts';
import { type Change, diffTrees } from '../../../src/chunks/tree/diff.ts';
import { framedEntry } from '../../../src/chunks/tree/entry-stream.ts';
import { PathFinder } from '../../../src/chunks/tree/finder.ts';
import type { RootDirectory } from '../../../src/chunks/tree/snapshot.ts';
import { walkTree } from '../../../src/chunks/tree/walk.ts';
import { bytes, MemoryChunks, type TreeText, treeOf } from '../tree-parts.ts';

const text = (path: Uint8Array) => Buffer.from(path).toString('latin1');

async function paths(root: RootDirectory, chunks: MemoryChunks): Promise<readonly string[]> {
  const walked = await Array.fromAsync(walkTree(root, chunks.fetch));
  return walked.map(({ path }) => text(path));
}

/** `+` added, `-` removed, `~` changed and in what. */
async function changes(before: TreeText, after: TreeText, chunks = new MemoryChunks()): Promise<readonly string[]> {
  const [left, right] = [treeOf(before, chunks), treeOf(after, chunks)];
  chunks.asked.length = 0;
  return (await Array.fromAsync(diffTrees(left, right, chunks.fetch))).map(changeText);
}

function changeText(change: Change): string {
  const path = text(change.path);
  if (change.kind === 'changed') return `~${path} ${change.aspects.join()}`;
  return `${change.kind === 'added' ? '+' : '-'}${path}`;
}

/** Directories of `count` files, each too large to lie in the one above. */
function many(count: number, other: TreeText = {}): TreeText {
  const names = Array.from({ length: count }, (_, at) => `file ${String(at).padStart(6, '0')}`);
  return { ...Object.fromEntries(names.map((name) => [name, `content of ${name}`])), ...other };
}

t.test('a walk tells of each directory, what lies in it, then what comes after', async (t) => {
  const chunks = new MemoryChunks();
  const root = treeOf({ a: { b: { c: '' }, d: {} }, 'a!': '', 'a.b': { x: '' }, '\xff': '', B: '=a/b/c' }, chunks);
  const order = ['a', 'a/b', 'a/b/c', 'a/d', 'a!', 'a.b', 'a.b/x', '\xff'];
  await t.rejects(paths(root, chunks), { code: 'hardlink_form', fields: { path: 'B', to: 'a/b/c' } }, 'not before it');
  const sound = treeOf({ a: { b: { c: '' }, d: {} }, 'a!': '', 'a.b': { x: '' }, '\xff': '', z: '=a/b/c' }, chunks);
  t.strictSame(await paths(sound, chunks), [...order.slice(0, -1), 'z', '\xff']);
});

t.test('a tree as deep as it may be, and one deeper', async (t) => {
  const nested = (depth: number): TreeText => {
    let tree: TreeText = {};
    for (let at = 0; at < depth; at += 1) tree = { d: tree };
    return tree;
  };
  const chunks = new MemoryChunks();
  const deepest = treeOf(nested(TREE_DEPTH_MAX), chunks);
  t.equal((await paths(deepest, chunks)).length, TREE_DEPTH_MAX);
  t.throws(() => treeOf(nested(TREE_DEPTH_MAX + 1), chunks), { code: 'tree_deep' });
  // No writer of ours makes it.
  const stream = framedEntry({ ...deepest, name: bytes('e') });
  const inner: RootDirectory = { ...deepest, content: { inline: stream } };
  await t.rejects(paths(inner, chunks), { code: 'tree_deep' });
  const empty = treeOf({}, chunks);
  await t.rejects(Array.fromAsync(diffTrees(empty, inner, chunks.fetch)), { code: 'tree_deep' });
});

t.test('one path is found without the rest', async (t) => {
  const chunks = new MemoryChunks();
  const root = treeOf({ a: many(3000), b: { c: many(3000), d: { e: 'here' } }, f: many(3000), g: '=b/d/e' }, chunks);
  const all = chunks.kept.size;
  const found = await new PathFinder(root, chunks.fetch).find(bytes('b/d/e'));
  t.match(found, { kind: 'file' });
  t.equal(chunks.asked.length, 0, 'what lies on the way is small');
  const large = await new PathFinder(root, chunks.fetch).find(bytes('f/file 000001'));
  t.match(large, { kind: 'file' });
  t.ok(chunks.asked.length <= 2, `${chunks.asked.length} of ${all} chunks: the list, and the first one`);
  for (const path of ['x', 'a/file', 'a/file 000000/x', 'b/d/e/f', 'b/d/d', 'b/d/f', 'g/x']) {
    t.equal(await new PathFinder(root, chunks.fetch).find(bytes(path)), null, path);
  }
  for (const path of ['', '/', '/a', 'a/', '../a', 'a//b', 'a/./b', 'a\0']) {
    await t.rejects(new PathFinder(root, chunks.fetch).find(bytes(path)), { code: 'bad_tree_path' }, path);
  }
});

t.test('a finder finds in any order, and reads nothing twice in that of the tree', async (t) => {
  const chunks = new MemoryChunks();
  const root = treeOf({ a: many(2000), b: { c: { x: '1', y: '2' }, d: many(2000) } }, chunks);
  const all = await paths(root, chunks);
  const inWalk = chunks.asked.length;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(), { minLength: 1, maxLength: 12 }), async (turns) => {
      const finder = new PathFinder(root, chunks.fetch);
      for (const turn of turns) {
        const path = all[turn % all.length] ?? '';
        if (text((await finder.find(bytes(path)))?.name ?? bytes('')) !== path.split('/').at(-1)) return false;
        if ((await finder.find(bytes(`${path}~`))) !== null) return false;
      }
      return true;
    }),
    { numRuns: 20 },
  );
  chunks.asked.length = 0;
  const finder = new PathFinder(root, chunks.fetch);
  for (const path of all) if ((await finder.find(bytes(path))) === null) t.fail(path);
  t.ok(inWalk > 0);
  t.equal(chunks.asked.length, inWalk, 'no more than a walk does');
});

t.test('two trees', async (t) => {
  const was: TreeText = { a: 'x', b: { c: 'y', d: { e: 'z' } }, f: 'f' };
  t.strictSame(await changes(was, was), []);
  t.strictSame(await changes(was, { ...was, a: 'other' }), ['~a content']);
  t.strictSame(await changes(was, { a: 'x', f: 'f' }), ['-b', '-b/c', '-b/d', '-b/d/e']);
  t.strictSame(await changes({ a: 'x', f: 'f' }, was), ['+b', '+b/c', '+b/d', '+b/d/e']);
  t.strictSame(await changes(was, { ...was, b: 'a file' }), ['~b kind,mode', '-b/c', '-b/d', '-b/d/e']);
  t.strictSame(await changes({ ...was, b: 'a file' }, was), ['~b kind,mode', '+b/c', '+b/d', '+b/d/e']);
  t.strictSame(await changes(was, { ...was, b: { c: 'y', d: { e: 'new', g: '' } }, 'b!': '' }), [
    '~b/d/e content',
    '+b/d/g',
    '+b!',
  ]);
  const attributes = [{ name: bytes('user.a'), value: bytes('v') }];
  t.strictSame(
    await changes(was, { ...was, '': { mode: 0o700 }, b: { ...(was.b as TreeText), '': { uid: 5, gid: 6 } } }),
    ['~ mode', '~b owner'],
  );
  t.strictSame(
    await changes(was, {
      ...was,
      b: { ...(was.b as TreeText), '': { attributes, modified: { seconds: 1, nanoseconds: 1 } } },
    }),
    ['~b time,attributes'],
  );
});

t.test('a first name that becomes another one is no change of content', async (t) => {
  const before: TreeText = { b: { one: 'content', two: '=b/one' }, c: '=b/one' };
  t.strictSame(await changes(before, { a: 'content', b: { one: '=a', two: '=a' }, c: '=a' }), [
    '+a',
    '~b/one links',
    '~b/two links',
    '~c links',
  ]);
  t.strictSame(await changes(before, { b: { two: 'content' }, c: '=b/two' }), ['-b/one', '~b/two links', '~c links']);
  t.strictSame(await changes(before, { b: { one: 'content', two: 'content' }, c: '=b/one' }), ['~b/two links']);
  t.strictSame(await changes(before, { b: { one: 'other', two: '=b/one' }, c: '=b/one' }), ['~b/one content']);
  t.strictSame(await changes(before, { b: { one: 'content', two: '=b/one' }, c: 'other' }), ['~c content,links']);
  await t.rejects(changes(before, { b: { one: '=a', two: '=a' } }), { code: 'hardlink_form' }, 'a name of nothing');
});

t.test('directories with the same content are not read', async (t) => {
  const chunks = new MemoryChunks();
  const same = { s: many(3000), t: { u: many(3000, { more: '' }) } };
  t.strictSame(await changes({ ...same, a: '1', z: 'z' }, { ...same, a: '2', z: 'z' }, chunks), ['~a content']);
  t.equal(chunks.asked.length, 0);
  t.equal((await changes({ ...same, m: many(3000) }, { ...same, m: many(3000, { new: '' }) }, chunks)).length, 1);
  t.ok(chunks.asked.length > 0);
  const other = many(3000, { 'file 001500': 'other' });
  t.strictSame(await changes({ ...same, m: many(3000) }, { ...same, m: other }, chunks), ['~m/file 001500 content']);
});

t.test('what is not there is told', async (t) => {
  const chunks = new MemoryChunks();
  const root = treeOf({ a: many(3000) }, chunks);
  chunks.kept.clear();
  await t.rejects(paths(root, chunks), { code: 'chunk_missing' });
  await t.rejects(new PathFinder(root, chunks.fetch).find(bytes('a/x')), { code: 'chunk_missing' });
});

const anyTree = fc.letrec<{ tree: TreeText; value: string | TreeText }>((tie) => ({
  tree: fc.dictionary(fc.constantFrom('a', 'b', 'c!', 'd'), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  value: fc.oneof({ maxDepth: 3 }, fc.constantFrom('', 'x', 'y'), tie('tree')),
})).tree;

t.test('the changes make the second tree of the first', async (t) => {
  await fc.assert(
    fc.asyncProperty(anyTree, anyTree, async (before, after) => {
      const chunks = new MemoryChunks();
      const [left, right] = [treeOf(before, chunks), treeOf(after, chunks)];
      const state = async (root: RootDirectory) =>
        new Map(
          (await Array.fromAsync(walkTree(root, chunks.fetch))).map(({ path, entry }) => [text(path), entry] as const),
        );
      const [made, wanted] = [await state(left), await state(right)];
      const told: string[] = [];
      for await (const change of diffTrees(left, right, chunks.fetch)) {
        told.push(text(change.path));
        if (change.kind === 'removed') made.delete(text(change.path));
        else made.set(text(change.path), change.after);
      }
      t.same(
        [...made].map(([path, { kind }]) => [path, kind]).sort(),
        [...wanted].map(([path, { kind }]) => [path, kind]).sort(),
        { diagnostic: false },
      );
      const isWrong = [...wanted].some(([path, entry]) => {
        const mine = made.get(path);
        return entry.kind === 'file' && mine?.kind === 'file' && !sameContent(entry, mine);
      });
      return !isWrong && new Set(told).size === told.length;
    }),
    { numRuns: 100 },
  );
});

function sameContent(a: { readonly content: object }, b: { readonly content: object }): boolean {
  return JSON.stringify(a.content) === JSON.stringify(b.content);
}
