import { INLINE_BYTES_MAX } from '../../src/base/limits-chunks.ts';
import type { Content, Entry } from '../../src/chunks/tree/entry.ts';
import { encodeEntry } from '../../src/chunks/tree/entry-code.ts';
import { encodeSnapshot } from '../../src/chunks/tree/snapshot.ts';
import { encodeValue } from '../../src/format/codec.ts';
import type { MemoryChunks } from './memory-chunks.ts';

/** Snapshots made by hand, well-formed or not. */

export const META = { mode: 0o755, uid: 0, gid: 0, modified: { seconds: 1, nanoseconds: 0 }, attributes: [] } as const;

export function bytes(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

export function file(name: string, text = name): Entry {
  return { name: bytes(name), kind: 'file', meta: META, content: { inline: bytes(text) }, hasHoles: false };
}

export function symlink(name: string, target: string): Entry {
  return { name: bytes(name), kind: 'symlink', meta: META, target: bytes(target) };
}

export function link(name: string, to: string): Entry {
  return { name: bytes(name), kind: 'hardlink', to: bytes(to) };
}

export function directory(name: string, ...entries: readonly Entry[]): Entry {
  return { name: bytes(name), kind: 'directory', meta: META, content: { inline: streamOf(...entries) } };
}

/** In the order in which they are given. */
export function streamOf(...entries: readonly Entry[]): Uint8Array {
  return Buffer.concat(entries.map((entry) => framed(encodeEntry(entry))));
}

/** An entry of which some fields are other than any writer makes them; undefined: not there. */
export function bent(fields: { readonly [field: string]: unknown }): Uint8Array {
  const all = { n: bytes('bent'), t: 'f', m: 0o644, u: 0, g: 0, s: 0, c: bytes('bent'), ...fields };
  return framed(encodeValue(Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))));
}

function framed(entry: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(entry.length);
  return Buffer.concat([length, entry]);
}

/** @returns the digest of a snapshot whose root has this stream. */
export function snapshotOf(chunks: MemoryChunks, stream: Uint8Array): Uint8Array {
  return chunks.put(encodeSnapshot({ kind: 'directory', meta: META, content: contentOf(chunks, stream) }));
}

/** Where it has to lie by its length. */
export function contentOf(chunks: MemoryChunks, stream: Uint8Array): Content {
  if (stream.length <= INLINE_BYTES_MAX) return { inline: stream };
  return { digest: chunks.put(stream), height: 0, length: stream.length };
}
