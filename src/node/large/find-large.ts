import { equalBytes } from '../../base/bytes.ts';
import { CodedError } from '../../base/errors.ts';
import { type BlobId, blobIdOf, parseBlobId } from '../../chunks/blob-id.ts';
import { openBlob } from '../../chunks/blob-reader.ts';
import type { BlobRoot } from '../../chunks/list-writer.ts';
import type { Root, RootKind } from '../../chunks/ports.ts';
import type { Chunks } from '../../store/chunks/store.ts';

const ID = /^baf(k|y)rei/;

/** What a person named, by the name of a root or by an id. null: a blob without bytes. @throws blob_missing, bad_blob_id. */
export async function findBlob(store: Chunks, name: string): Promise<BlobRoot | null> {
  const found = store.roots.find('pin', name);
  if (found?.target.kind === 'blob') return found.target.root;
  if (!ID.test(name)) throw missing('blob', name, 'blob ls');
  const id = parseBlobId(name);
  if (id.kind === 'chunk' && equalBytes(id.digest, blobIdOf(null).digest)) return null;
  return await openBlob(id, store.get);
}

/** The digest of a snapshot's document. @throws snapshot_missing, bad_blob_id. */
export function findSnapshot(store: Chunks, name: string): Uint8Array {
  for (const kind of ['snapshot', 'backup'] as const) {
    const target = store.roots.find(kind, name)?.target;
    if (target?.kind === 'snapshot') return target.digest;
  }
  if (!ID.test(name)) throw missing('snapshot', name, 'snapshot list');
  return parseBlobId(name).digest;
}

/** The root of that name, or those of that id. @throws blob_missing, snapshot_missing. */
export function rootsNamed(store: Chunks, kind: RootKind, name: string): readonly Root[] {
  const found = store.roots.find(kind, name);
  if (found !== null) return [found];
  const wanted = ID.test(name) ? parseBlobId(name) : null;
  const all = store.roots.list(kind).filter((root) => wanted !== null && equalBytes(idOf(root).digest, wanted.digest));
  if (all.length > 0) return all;
  throw kind === 'pin' ? missing('blob', name, 'blob ls') : missing('snapshot', name, 'snapshot list');
}

/** What a root names is called by: a snapshot after its document. */
export function idOf({ target }: Root): BlobId {
  return target.kind === 'blob' ? blobIdOf(target.root) : { kind: 'list', digest: target.digest };
}

/** A name that could be taken for an id would hide what has that id. @throws bad_name. */
export function checkName(name: string): void {
  if (!ID.test(name)) return;
  throw new CodedError('bad_name', `${name} looks like an id`, { fields: { name }, advice: 'Take another name.' });
}

function missing(what: 'blob' | 'snapshot', name: string, list: string): CodedError {
  return new CodedError(`${what}_missing`, `there is no ${what} named ${name} here`, {
    fields: { name },
    advice: `\`blockmesh ${list}\` shows those there are.`,
  });
}
