import { CodedError } from '../base/errors.ts';
import { SOUND_PARTS_MAX, TREE_DEPTH_MAX } from '../base/limits-chunks.ts';
import { fetchChunk, readBlob } from './blob-reader.ts';
import { decodeList, type Part } from './list.ts';
import type { BlobRoot } from './list-writer.ts';
import { asFinding, read } from './live-finding.ts';
import { type LiveItem, type LivePorts, type Place, walkKey } from './live-item.ts';
import type { RootTarget } from './ports.ts';
import { RecentKeys } from './recent-keys.ts';
import type { Content, Entry } from './tree/entry.ts';
import { entriesOf } from './tree/entry-stream.ts';
import { decodeSnapshot } from './tree/snapshot.ts';

/**
 * Walks what is live. Holds one list of each height, and one chunk of each directory on the way down.
 * @returns whether all that leads on could be read.
 * @throws what `fetch` itself throws; never for what it brings.
 */
export function liveOf(target: RootTarget, ports: LivePorts): AsyncGenerator<LiveItem, boolean> {
  return rootOf(target, { ...ports, broken: new RecentKeys(SOUND_PARTS_MAX / 2) });
}

interface Walk extends LivePorts {
  /**
   * Lists and directories under which something was found that cannot be read. They are not walked again under another
   * name: a few that name each other many times would be walked without end.
   */
  readonly broken: RecentKeys;
}

async function* rootOf(target: RootTarget, ports: Walk): AsyncGenerator<LiveItem, boolean> {
  if (target.kind === 'blob') return target.root === null || (yield* blob(target.root, null, ports));
  const { digest } = target;
  const root = await read(async () => decodeSnapshot(await fetchChunk(digest, ports.fetch)));
  if (root instanceof CodedError) {
    yield { kind: 'unread', digest, error: root, at: null };
    return false;
  }
  const isWhole = yield* directory(root.content, { place: null, depth: 0 }, ports);
  yield { kind: 'document', digest, isWhole };
  return isWhole;
}

async function* blob(root: BlobRoot, at: Place | null, ports: Walk): AsyncGenerator<LiveItem, boolean> {
  if (root.height > 0) return yield* list(root, { height: root.height, isTop: true, at }, ports);
  yield { kind: 'chunks', parts: [root], at };
  return true;
}

interface Above {
  readonly height: number;
  readonly isTop: boolean;
  readonly at: Place | null;
}

async function* list(
  { digest, length }: Part,
  { height, isTop, at }: Above,
  ports: Walk,
): AsyncGenerator<LiveItem, boolean> {
  if (ports.isWalked('list', digest)) return true;
  const key = walkKey('list', digest);
  if (ports.broken.has(key)) return false;
  const found = await read(async () => decodeList(await fetchChunk(digest, ports.fetch), { height, length, isTop }));
  if (found instanceof CodedError) {
    ports.broken.add(key);
    yield { kind: 'unread', digest, error: found, at };
    return false;
  }
  let isWhole = true;
  if (height === 1) {
    yield { kind: 'chunks', parts: found.parts, at };
  } else {
    for (const part of found.parts) {
      if (!(yield* list(part, { height: height - 1, isTop: false, at }, ports))) isWhole = false;
    }
  }
  if (!isWhole) ports.broken.add(key);
  yield { kind: 'list', digest, isWhole };
  return isWhole;
}

/** How deep a directory lies: 0 is the root of the tree. */
interface Level {
  readonly place: Place | null;
  readonly depth: number;
}

async function* directory(content: Content, at: Level, ports: Walk): AsyncGenerator<LiveItem, boolean> {
  if ('inline' in content) return yield* entries(inPieces([content.inline]), new Uint8Array(), at, ports);
  const { digest, length } = content;
  if (ports.isWalked('tree', digest)) return true;
  const key = walkKey('tree', digest);
  if (ports.broken.has(key)) return false;
  const areEntriesWhole = yield* entries(readBlob(content, { from: 0, to: length }, ports.fetch), digest, at, ports);
  // Lists that cannot be read have been told: the entries stand under them.
  const isBlobWhole = yield* withoutUnread(blob(content, at.place, ports));
  const isWhole = areEntriesWhole && isBlobWhole;
  if (!isWhole) ports.broken.add(key);
  yield { kind: 'tree', digest, isWhole };
  return isWhole;
}

/** @param digest of the blob that the entries stand in. */
async function* entries(
  stream: AsyncIterable<Uint8Array>,
  digest: Uint8Array,
  at: Level,
  ports: Walk,
): AsyncGenerator<LiveItem, boolean> {
  let isWhole = true;
  try {
    if (at.depth > TREE_DEPTH_MAX) throw tooDeep();
    for await (const entry of entriesOf(stream)) if (!(yield* contentOf(entry, at, ports))) isWhole = false;
    return isWhole;
  } catch (error) {
    yield { kind: 'unread', digest, error: asFinding(error), at: at.place };
    return false;
  }
}

async function* contentOf(entry: Entry, at: Level, ports: Walk): AsyncGenerator<LiveItem, boolean> {
  const place = { above: at.place, name: entry.name };
  if (entry.kind === 'directory') return yield* directory(entry.content, { place, depth: at.depth + 1 }, ports);
  if (entry.kind !== 'file' || 'inline' in entry.content) return true;
  return yield* blob(entry.content, place, ports);
}

function tooDeep(): CodedError {
  return new CodedError('directory_form', 'directory: it lies too deep', { fields: { depthMax: TREE_DEPTH_MAX } });
}

async function* inPieces(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

async function* withoutUnread(items: AsyncGenerator<LiveItem, boolean>): AsyncGenerator<LiveItem, boolean> {
  for (;;) {
    const { done, value } = await items.next();
    if (done === true) return value;
    if (value.kind !== 'unread') yield value;
  }
}
