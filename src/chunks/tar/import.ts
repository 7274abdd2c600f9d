import { equalBytes, utf8 } from '../../base/bytes.ts';
import {
  BLOB_BYTES_MAX,
  CHUNKER_BLOCK_BYTES,
  TAR_PASSED_OVER_MAX,
  TREE_ENTRIES_MAX,
} from '../../base/limits-chunks.ts';
import type { Chunker } from '../../format/chunkers/chunker.ts';
import { sha256 } from '../../format/ids.ts';
import { ContentWriters } from '../content-writers.ts';
import type { ChunkImport } from '../ports.ts';
import type { Content, Entry } from '../tree/entry.ts';
import { decodeEntry } from '../tree/entry-code.ts';
import { encodeSnapshot, type RootDirectory } from '../tree/snapshot.ts';
import { shown, tarError } from './error.ts';
import { checkedEntry } from './kept-entry.ts';
import { keyOfMember, namesOfKey } from './member-path.ts';
import { type TarMember, tarMembers } from './members.ts';
import type { TarShelf } from './shelf.ts';
import { sortedTree } from './sorted-tree.ts';

export interface TarTarget {
  readonly importing: Pick<ChunkImport, 'chunk' | 'list' | 'room'>;
  /** Empty; the caller closes it. */
  readonly shelf: TarShelf;
  readonly makeChunker: () => Chunker;
}

export interface TarSnapshot {
  /** Of the document, which was told last. */
  readonly digest: Uint8Array;
  readonly root: RootDirectory;
  readonly members: number;
  /** Keywords of extended headers that say what a snapshot has no place for. */
  readonly passedOver: readonly string[];
}

const ROOT_NAME = utf8('root');

/**
 * Makes a snapshot of an archive of v7, ustar, pax or GNU tar, whose members come in any order. Of several members of one
 * name the last one counts; directories that have no member are made, of root and with mode 0755. The caller flushes the
 * import and sets the root: an archive that is refused leaves nothing.
 * @throws tar_compressed, tar_form, tar_header, tar_link, tar_not_directory, tar_path, tar_sparse, tar_too_large,
 * tar_truncated, tar_shelf_full; those of `ChunkImport.room`.
 */
export async function importTar(source: AsyncIterable<Uint8Array>, target: TarTarget): Promise<TarSnapshot> {
  const reading = new TarImport(target);
  for await (const member of tarMembers(source)) await reading.take(member);
  return await reading.end();
}

class TarImport {
  readonly #target: TarTarget;
  readonly #writers: ContentWriters;
  readonly #passedOver = new Set<string>();
  #members = 0;
  #contentBytes = 0;
  /** Told since room was last asked for. */
  #toldBytes = 0;

  constructor(target: TarTarget) {
    this.#target = target;
    this.#writers = new ContentWriters(target.makeChunker, target.importing);
  }

  async take(member: TarMember): Promise<void> {
    this.#members += 1;
    if (this.#members > TREE_ENTRIES_MAX) {
      throw tarError('tar_too_large', `the archive has over ${TREE_ENTRIES_MAX} members`);
    }
    this.#contentBytes += member.bytes;
    // Holes cost nothing on the way in: a short archive could keep us busy for days.
    if (this.#contentBytes > BLOB_BYTES_MAX) {
      throw tarError('tar_too_large', `the files of the archive have over ${BLOB_BYTES_MAX} bytes`);
    }
    for (const key of member.passedOver) if (this.#passedOver.size < TAR_PASSED_OVER_MAX) this.#passedOver.add(key);
    const key = keyOfMember(member.path);
    const { kind } = member.node;
    if (key.length === 0 && kind !== 'directory') throw tarError('tar_path', 'the root of the tree is no directory');
    if (member.node.kind === 'hardlink') {
      this.#link(key, member.path, member.node.to);
      return;
    }
    const { shelf } = this.#target;
    const bytes = checkedEntry(await this.#entryOf(member, namesOfKey(key).at(-1) ?? ROOT_NAME), member.path);
    shelf.put(key, bytes);
    await this.#told(bytes.length);
  }

  async end(): Promise<TarSnapshot> {
    const { importing, shelf } = this.#target;
    const root = await sortedTree(shelf.rows(), this.#writers, (bytes) => this.#told(bytes));
    const document = encodeSnapshot(root);
    const digest = sha256(document);
    importing.list(digest, document);
    await importing.room();
    return { digest, root, members: this.#members, passedOver: [...this.#passedOver].sort() };
  }

  /** Another name of what a member before it is called now; that may go by other names later. */
  #link(key: Uint8Array, path: Uint8Array, to: Uint8Array): void {
    const { shelf } = this.#target;
    const target = keyOfMember(to);
    const entry = shelf.find(target);
    if (entry === null || decodeEntry(entry).kind === 'directory') {
      throw tarError('tar_link', 'a hard link names no file of a member before it', {
        path: shown(path),
        to: shown(to),
      });
    }
    if (!equalBytes(key, target)) shelf.link(key, target);
  }

  async #entryOf({ node, meta, content }: TarMember, name: Uint8Array): Promise<Entry> {
    switch (node.kind) {
      case 'file':
        return { name, kind: 'file', meta, hasHoles: node.hasHoles, content: await this.#stored(content) };
      case 'directory':
        return { name, kind: 'directory', meta, content: { inline: new Uint8Array() } };
      case 'hardlink':
        return { name, ...node };
      default:
        return { name, meta, ...node };
    }
  }

  async #stored(content: AsyncIterable<Uint8Array>): Promise<Content> {
    const writer = this.#writers.open();
    for await (const piece of content) {
      writer.push(piece);
      await this.#told(piece.length);
    }
    return writer.end();
  }

  async #told(bytes: number): Promise<void> {
    this.#toldBytes += bytes;
    if (this.#toldBytes < CHUNKER_BLOCK_BYTES) return;
    this.#toldBytes %= CHUNKER_BLOCK_BYTES;
    await this.#target.importing.room();
  }
}
