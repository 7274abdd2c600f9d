import { INLINE_BYTES_MAX } from '../../src/base/limits-chunks.ts';
import type { Fetch } from '../../src/chunks/blob-reader.ts';
import type { ChunkSink } from '../../src/chunks/content-writer.ts';
import type { Part } from '../../src/chunks/list.ts';
import { type BlobRoot, ListWriter } from '../../src/chunks/list-writer.ts';
import type { RootTarget } from '../../src/chunks/ports.ts';
import type { Content, Entry } from '../../src/chunks/tree/entry.ts';
import { framedEntry } from '../../src/chunks/tree/entry-stream.ts';
import { encodeSnapshot } from '../../src/chunks/tree/snapshot.ts';
import { sha256 } from '../../src/format/ids.ts';

/** Blobs and trees of small chunks, so that little content has many parts. */

export const META = { mode: 0o644, uid: 0, gid: 0, modified: { seconds: 0, nanoseconds: 0 }, attributes: [] };

/** What a folder of a test holds: text of a file, or a folder. */
export interface Folder {
  readonly [name: string]: string | Folder;
}

export function hex(digest: Uint8Array): string {
  return Buffer.from(digest).toString('hex');
}

/** Chunks, lists and documents in memory. */
export class Shelf implements ChunkSink {
  readonly kept = new Map<string, Uint8Array>();
  asked = 0;

  readonly fetch: Fetch = async (digest) => {
    this.asked += 1;
    return this.kept.get(hex(digest)) ?? null;
  };

  chunk({ digest }: Part, bytes: Uint8Array): void {
    this.list(digest, bytes);
  }

  list(digest: Uint8Array, bytes: Uint8Array): void {
    this.kept.set(hex(digest), Uint8Array.from(bytes));
  }
}

export function putBlob(bytes: Uint8Array, pieceBytes: number, sink: ChunkSink): BlobRoot | null {
  const lists = new ListWriter((digest, list) => sink.list(digest, list));
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const piece = Buffer.from(bytes.subarray(at, at + pieceBytes));
    const part = { digest: sha256(piece), length: piece.length };
    sink.chunk(part, piece);
    lists.add(part);
  }
  return lists.end();
}

function putContent(bytes: Uint8Array, pieceBytes: number, sink: ChunkSink): Content {
  const root = bytes.length > INLINE_BYTES_MAX ? putBlob(bytes, pieceBytes, sink) : null;
  return root ?? { inline: bytes };
}

function putFolder(folder: Folder, pieceBytes: number, sink: ChunkSink): Content {
  const entries = Object.keys(folder)
    .sort()
    .map((name): Uint8Array => {
      const what = folder[name] ?? '';
      const head = { name: Buffer.from(name), meta: META };
      const entry: Entry =
        typeof what === 'string'
          ? { ...head, kind: 'file', content: putContent(Buffer.from(what), pieceBytes, sink), hasHoles: false }
          : { ...head, kind: 'directory', content: putFolder(what, pieceBytes, sink) };
      return framedEntry(entry);
    });
  return putContent(Buffer.concat(entries), pieceBytes, sink);
}

/** Parts before what names them, as an import tells them. */
export function putTree(folder: Folder, pieceBytes: number, sink: ChunkSink): RootTarget & { kind: 'snapshot' } {
  const bytes = encodeSnapshot({ kind: 'directory', content: putFolder(folder, pieceBytes, sink), meta: META });
  const digest = sha256(bytes);
  sink.list(digest, bytes);
  return { kind: 'snapshot', digest };
}

/** Text of that many bytes, another one for each seed. */
export function textOf(seed: string, bytes: number): string {
  let text = '';
  for (let at = 0; text.length < bytes; at += 1) text += `${hex(sha256(Buffer.from(`${seed} ${at}`)))}\n`;
  return text.slice(0, bytes);
}
