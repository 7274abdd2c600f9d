import { assert } from '../../src/base/assert.ts';

/** Archives as the kernel unpacks them at its start: cpio in its "newc" form. The same files give the same bytes. */

export interface CpioEntry {
  /** Its path from the top, without a slash before it; folders come before what is in them. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link' | 'character';
  /** Permission bits. */
  readonly mode: number;
  /** A file's content, or where a link leads. */
  readonly content?: Uint8Array;
  /** Major and minor number of a character device. */
  readonly device?: readonly [number, number];
}

const KIND_BITS = { file: 0o100000, folder: 0o040000, link: 0o120000, character: 0o020000 } as const;
const ALIGNED_BYTES = 4;

/** @param epochS the time of all files, in seconds; they belong to root. */
export function encodeCpio(entries: readonly CpioEntry[], epochS: number): Uint8Array {
  const parts = entries.map((entry, index) => encodeEntry(entry, index + 1, epochS));
  return Buffer.concat([...parts, encodeEntry({ path: 'TRAILER!!!', kind: 'file', mode: 0 }, 0, 0)]);
}

function encodeEntry(entry: CpioEntry, inode: number, epochS: number): Uint8Array {
  const { path, kind, mode, content = new Uint8Array(), device = [0, 0] } = entry;
  assert(!path.startsWith('/'), 'a path in an archive has no slash before it');
  const isTrailer = inode === 0;
  const name = Buffer.from(`${path}\0`);
  const fields = [
    ...[inode, isTrailer ? 0 : KIND_BITS[kind] | mode, 0, 0, kind === 'folder' ? 2 : 1, epochS, content.length],
    ...[0, 0, ...device, name.length, 0],
  ];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
  return Buffer.concat([padded(Buffer.concat([Buffer.from(header), name])), padded(content)]);
}

function padded(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([bytes, Buffer.alloc((ALIGNED_BYTES - (bytes.length % ALIGNED_BYTES)) % ALIGNED_BYTES)]);
}
