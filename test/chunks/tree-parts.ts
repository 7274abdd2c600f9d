import fc from 'fast-check';
import { INLINE_BYTES_MAX } from '../../src/base/limits-chunks.ts';
import type { Fetch } from '../../src/chunks/blob-reader.ts';
import type { ChunkSink } from '../../src/chunks/content-writer.ts';
import { ContentWriters } from '../../src/chunks/content-writers.ts';
import { TreeBuilder } from '../../src/chunks/tree/builder.ts';
import type { Entry, Meta } from '../../src/chunks/tree/entry.ts';
import { isName } from '../../src/chunks/tree/names.ts';
import type { RootDirectory } from '../../src/chunks/tree/snapshot.ts';
import { chunkerFor } from '../../src/format/chunkers/cut.ts';
import { CHUNKERS, chunkerProfile } from '../../src/format/chunkers/profile.ts';

/** Chunks and lists in memory, and which of them were asked for. */
export class MemoryChunks implements ChunkSink {
  readonly kept = new Map<string, Uint8Array>();
  readonly asked: string[] = [];

  readonly fetch: Fetch = async (digest) => {
    this.asked.push(hex(digest));
    return this.kept.get(hex(digest)) ?? null;
  };

  chunk({ digest }: { readonly digest: Uint8Array }, bytes: Uint8Array): void {
    this.kept.set(hex(digest), Uint8Array.from(bytes));
  }

  list(digest: Uint8Array, bytes: Uint8Array): void {
    this.kept.set(hex(digest), Uint8Array.from(bytes));
  }

  async room(): Promise<void> {}
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export function makeChunker() {
  return chunkerFor(chunkerProfile(CHUNKERS['image-64k']));
}

export function bytes(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

export function metaOf(other: Partial<Meta> = {}): Meta {
  return { mode: 0o644, uid: 1000, gid: 100, modified: { seconds: 1, nanoseconds: 0 }, attributes: [], ...other };
}

/** A file for a text, a hard link for one that begins with `=`, a directory for an object with its meta at `''`. */
export interface TreeText {
  readonly [name: string]: string | Uint8Array | TreeText | Partial<Meta>;
}

export function treeOf(tree: TreeText, chunks: MemoryChunks): RootDirectory {
  const writers = new ContentWriters(makeChunker, chunks);
  const builder = new TreeBuilder(writers, metaAt(tree));
  addTo(builder, tree, writers);
  return builder.end();
}

function metaAt(tree: TreeText): Meta {
  return metaOf({ mode: 0o755, ...(tree[''] as Partial<Meta> | undefined) });
}

function addTo(builder: TreeBuilder, tree: TreeText, writers: ContentWriters): void {
  const names = Object.keys(tree).filter((name) => name !== '');
  for (const name of names.sort((a, b) => Buffer.compare(bytes(a), bytes(b)))) {
    const value = tree[name];
    if (typeof value === 'string' && value.startsWith('=')) {
      builder.add({ name: bytes(name), kind: 'hardlink', to: bytes(value.slice(1)) });
    } else if (typeof value === 'string' || value instanceof Uint8Array) {
      const writer = writers.open();
      writer.push(typeof value === 'string' ? bytes(value) : value);
      builder.add({ name: bytes(name), kind: 'file', meta: metaOf(), hasHoles: false, content: writer.end() });
    } else {
      builder.enter(bytes(name), metaAt(value as TreeText));
      addTo(builder, value as TreeText, writers);
      builder.leave();
    }
  }
}

const blob = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
const noZero = (minLength: number, maxLength: number) =>
  fc.array(fc.integer({ min: 1, max: 255 }), { minLength, maxLength }).map((list) => Uint8Array.from(list));

export const anyName = noZero(1, 255).filter(isName);

export const anyMeta: fc.Arbitrary<Meta> = fc.record({
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: fc.integer({ min: 0, max: 2 ** 32 - 2 }),
  gid: fc.integer({ min: 0, max: 2 ** 32 - 2 }),
  modified: fc.record({
    seconds: fc.integer({ min: -(2 ** 50), max: 2 ** 50 }),
    nanoseconds: fc.integer({ min: 0, max: 999_999_999 }),
  }),
  attributes: fc
    .uniqueArray(fc.record({ name: noZero(1, 40), value: blob(0, 60) }), {
      maxLength: 4,
      selector: ({ name }) => hex(name),
    })
    .map((list) => list.sort((a, b) => Buffer.compare(a.name, b.name))),
});

const anyContent = fc.oneof(
  fc.record({ inline: blob(0, 300) }),
  fc.record({
    digest: blob(32, 32),
    height: fc.integer({ min: 0, max: 8 }),
    length: fc.integer({ min: INLINE_BYTES_MAX + 1, max: 2 ** 40 }),
  }),
);
const anyDevice = { major: fc.integer({ min: 0, max: 2 ** 32 - 1 }), minor: fc.integer({ min: 0, max: 2 ** 32 - 1 }) };
const common = { name: anyName, meta: anyMeta };

export const anyEntry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({ ...common, kind: fc.constant('file' as const), content: anyContent, hasHoles: fc.boolean() }),
  fc.record({ ...common, kind: fc.constant('directory' as const), content: anyContent }),
  fc.record({ ...common, kind: fc.constant('symlink' as const), target: noZero(1, 200) }),
  fc.record({ ...common, kind: fc.constantFrom('character' as const, 'block' as const), ...anyDevice }),
  fc.record({ ...common, kind: fc.constant('fifo' as const) }),
  fc.record({
    name: anyName,
    kind: fc.constant('hardlink' as const),
    to: fc.array(anyName, { minLength: 1, maxLength: 4 }).map((names) => Buffer.from(names.map(hex).join('2f'), 'hex')),
  }),
);
