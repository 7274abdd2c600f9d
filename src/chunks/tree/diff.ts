import { compareBytes } from '../../base/bytes.ts';
import { TREE_DEPTH_MAX } from '../../base/limits-chunks.ts';
import type { Fetch } from '../blob-reader.ts';
import { type Aspect, aspectsOf, isSameLink } from './aspects.ts';
import { entriesIn, equalContent } from './content.ts';
import type { Entry } from './entry.ts';
import { PathFinder } from './finder.ts';
import { pathOf } from './names.ts';
import type { RootDirectory } from './snapshot.ts';
import { deepError } from './walk.ts';

/** What is other in the second of two trees. The empty path is that of the root. */
export type Change =
  | { readonly kind: 'added'; readonly path: Uint8Array; readonly after: Entry }
  | { readonly kind: 'removed'; readonly path: Uint8Array; readonly before: Entry }
  | {
      readonly kind: 'changed';
      readonly path: Uint8Array;
      readonly before: Entry;
      readonly after: Entry;
      readonly aspects: readonly Aspect[];
    };

interface Side {
  readonly entries: AsyncIterator<Entry>;
  /** null: at the end. */
  entry: Entry | null;
}

interface Pair {
  readonly path: Uint8Array;
  readonly before: Side | null;
  readonly after: Side | null;
}

/**
 * The changes from one tree to another, in the order of a walk; of a directory that is new or gone, all that lies in it.
 * Directories with the same content are not read. A file with several names is told of under its first one: where that
 * one and its place among the names are as they were, the others have not changed.
 * @throws tree_deep, hardlink_form; chunk_missing, chunk_rotten, list_form, entry_form, directory_form.
 */
export async function* diffTrees(before: RootDirectory, after: RootDirectory, fetch: Fetch): AsyncGenerator<Change> {
  const resolve = resolver(new PathFinder(before, fetch), new PathFinder(after, fetch));
  const name = new Uint8Array();
  const roots = { before: { name, ...before }, after: { name, ...after } };
  const aspects = aspectsOf(roots.before, roots.after);
  if (aspects.length > 0) yield { kind: 'changed', path: name, ...roots, aspects };
  const top = await under(name, roots.before, roots.after, fetch);
  const open = top === null ? [] : [top];
  for (let pair = open.at(-1); pair !== undefined; pair = open.at(-1)) {
    const [left, right] = nextOf(pair);
    if (left === null && right === null) {
      open.pop();
      continue;
    }
    if (open.length > TREE_DEPTH_MAX) throw deepError();
    const path = pathOf(pair.path, (left ?? right)?.name ?? name);
    yield* changeOf(path, left, right, resolve);
    if (left !== null) await advance(pair.before);
    if (right !== null) await advance(pair.after);
    const deeper = await under(path, left, right, fetch);
    if (deeper !== null) open.push(deeper);
  }
}

/** The entries of the name that comes next, null on the side that does not have it. */
function nextOf({ before, after }: Pair): readonly [Entry | null, Entry | null] {
  const [left, right] = [before?.entry ?? null, after?.entry ?? null];
  const order = left === null || right === null ? 0 : compareBytes(left.name, right.name);
  return [order > 0 ? null : left, order < 0 ? null : right];
}

async function* changeOf(path: Uint8Array, before: Entry | null, after: Entry | null, resolve: Resolve) {
  if (before === null) {
    if (after !== null) yield { kind: 'added', path, after } as const;
    return;
  }
  if (after === null) {
    yield { kind: 'removed', path, before } as const;
    return;
  }
  if (isSameLink(before, after)) return;
  const aspects = await resolve(path, before, after);
  if (aspects.length > 0) yield { kind: 'changed', path, before, after, aspects } as const;
}

type Resolve = (path: Uint8Array, before: Entry, after: Entry) => Promise<readonly Aspect[]>;

/** A first name that has become another one, or the reverse, has the content it had. */
function resolver(inBefore: PathFinder, inAfter: PathFinder): Resolve {
  return async (path, before, after) => {
    const files = [
      await inBefore.fileOf({ path, entry: before }),
      await inAfter.fileOf({ path, entry: after }),
    ] as const;
    const isLinked = before.kind === 'hardlink' || after.kind === 'hardlink';
    return [...aspectsOf(...files), ...(isLinked ? (['links'] as const) : [])];
  };
}

/** What lies in a directory that is on both sides with other contents, or on one side alone. */
async function under(path: Uint8Array, before: Entry | null, after: Entry | null, fetch: Fetch): Promise<Pair | null> {
  const left = before?.kind === 'directory' ? before : null;
  const right = after?.kind === 'directory' ? after : null;
  if (left === null && right === null) return null;
  if (left !== null && right !== null && equalContent(left.content, right.content)) return null;
  const side = async (directory: typeof left): Promise<Side | null> => {
    if (directory === null) return null;
    const opened: Side = { entries: entriesIn(directory, fetch), entry: null };
    await advance(opened);
    return opened;
  };
  return { path, before: await side(left), after: await side(right) };
}

async function advance(side: Side | null): Promise<void> {
  if (side === null) return;
  const { value, done } = await side.entries.next();
  side.entry = done === true ? null : value;
}
