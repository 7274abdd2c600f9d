import { TAR_PIECE_BYTES } from '../../base/limits-chunks.ts';
import type { Fetch } from '../blob-reader.ts';
import { contentLength, readContent } from '../tree/content.ts';
import type { Entry, HardLink } from '../tree/entry.ts';
import { PathFinder } from '../tree/finder.ts';
import type { RootDirectory } from '../tree/snapshot.ts';
import { type PlacedEntry, walkTree } from '../tree/walk.ts';
import { BLOCK_BYTES } from './header.ts';
import { headerOf, padded, type WrittenMember } from './header-writer.ts';
import { dataOf, holesOf, mapText } from './holes.ts';

type File = Extract<Entry, { readonly kind: 'file' }>;

/** tar writes records of 20 blocks, and some readers want them whole. */
const RECORD_BYTES = 20 * BLOCK_BYTES;
const NONE = new Uint8Array();

/**
 * A tree as a pax archive (POSIX.1-2024), in pieces of some `TAR_PIECE_BYTES`: the root as `./`, then all members in the
 * order of a walk. The same tree is always the same bytes. Names are bytes; what the ustar header has no room for stands in
 * an extended one; attributes as `SCHILY.xattr.`, and a file that had holes in GNU's form 1.0, which reads it twice.
 * @throws as `walkTree`; hardlink_form for a link to what is no file.
 */
export async function* exportTar(root: RootDirectory, fetch: Fetch): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let bytes = 0;
  for await (const piece of wholeTar(root, fetch)) {
    held.push(piece);
    heldBytes += piece.length;
    if (heldBytes < TAR_PIECE_BYTES) continue;
    bytes += heldBytes;
    yield Buffer.concat(held);
    held = [];
    heldBytes = 0;
  }
  // Two blocks of zeros, and what fills the record.
  const end = bytes + heldBytes + 2 * BLOCK_BYTES;
  yield Buffer.concat([...held, Buffer.alloc(Math.ceil(end / RECORD_BYTES) * RECORD_BYTES - bytes - heldBytes)]);
}

async function* wholeTar(root: RootDirectory, fetch: Fetch): AsyncGenerator<Uint8Array> {
  yield headerOf(written({ ...root, name: NONE }, Buffer.from('./'), '5'));
  const finder = new PathFinder(root, fetch);
  for await (const placed of walkTree(root, fetch)) {
    if (placed.entry.kind === 'file') yield* fileMember(placed.path, placed.entry, fetch);
    else yield headerOf(await withoutContent(placed, finder));
  }
}

async function withoutContent({ path, entry }: PlacedEntry, finder: PathFinder): Promise<WrittenMember> {
  // Docker sets rights and times at each name of a file: they have to be those of the file.
  if (entry.kind === 'hardlink') {
    return { ...written(await finder.fileOf({ path, entry }), path, '1'), link: entry.to, major: 0, minor: 0 };
  }
  switch (entry.kind) {
    case 'directory':
      return written(entry, Buffer.concat([path, Buffer.from('/')]), '5');
    case 'symlink':
      return { ...written(entry, path, '2'), link: entry.target };
    case 'character':
      return { ...written(entry, path, '3'), major: entry.major, minor: entry.minor };
    case 'block':
      return { ...written(entry, path, '4'), major: entry.major, minor: entry.minor };
    default:
      return written(entry, path, '6');
  }
}

async function* fileMember(path: Uint8Array, file: File, fetch: Fetch): AsyncGenerator<Uint8Array> {
  const content = () => readContent(file.content, fetch);
  if (!file.hasHoles) {
    const size = contentLength(file.content);
    yield headerOf({ ...written(file, path, '0'), size });
    yield* content();
    yield padding(size);
    return;
  }
  const map = await holesOf(content());
  const text = padded(mapText(map));
  const size = map.runs.reduce((sum, { length }) => sum + length, text.length);
  yield headerOf({ ...written(file, path, '0'), size, sparseLength: map.length });
  yield text;
  yield* dataOf(map.runs, content());
  yield padding(size);
}

function written({ meta }: Exclude<Entry, HardLink>, path: Uint8Array, type: WrittenMember['type']): WrittenMember {
  return { type, path, link: NONE, size: 0, meta, major: 0, minor: 0, sparseLength: null };
}

function padding(size: number): Uint8Array {
  return Buffer.alloc((BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES);
}
