import { utf8 } from '../../base/bytes.ts';
import { ENTRY_BYTES_MAX } from '../../base/limits-chunks.ts';
import { decodeValue, encodeValue } from '../../format/codec.ts';
import { Fields } from '../../format/fields.ts';
import type { Meta, Node } from './entry.ts';
import { decodeEntry, encodeEntry } from './entry-code.ts';

/**
 * The document of a snapshot: a version, and the entry of the tree's root directory. It tells nothing of where and when
 * the snapshot was made, so that the same tree has the same id on every machine. Its id is that of a list: the SHA-256 of
 * these bytes as a CIDv1 of DAG-CBOR.
 */

export type RootDirectory = Extract<Node, { readonly kind: 'directory' }> & { readonly meta: Meta };

const VERSION = 1;
/** An entry has a name, and the root of a tree has none. */
const NAME = utf8('root');
const BYTES_MAX = ENTRY_BYTES_MAX + 64;

export function encodeSnapshot(root: RootDirectory): Uint8Array {
  return encodeValue({ snapshot: VERSION, root: encodeEntry({ name: NAME, ...root }) });
}

/** @throws snapshot_form, entry_form; the codes of `decodeValue`. */
export function decodeSnapshot(bytes: Uint8Array): RootDirectory {
  const fields = new Fields(decodeValue(bytes, BYTES_MAX), 'snapshot_form', 'snapshot');
  fields.integer('snapshot', VERSION, VERSION);
  const entry = fields.raw('root');
  if (!(entry instanceof Uint8Array)) return fields.refuse('root', 'bytes of an entry');
  fields.end();
  const { name, ...root } = decodeEntry(entry);
  if (root.kind !== 'directory' || Buffer.compare(name, NAME) !== 0) fields.refuse('root', 'a directory named root');
  return root as RootDirectory;
}
