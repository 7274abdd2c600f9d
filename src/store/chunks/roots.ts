import type { Statement } from 'better-sqlite3';
import { assert } from '../../base/assert.ts';
import { toHex } from '../../base/bytes.ts';
import { CodedError } from '../../base/errors.ts';
import {
  BLOB_BYTES_MAX,
  CHUNK_BYTES_MAX,
  LIST_HEIGHT_MAX,
  ROOT_NAME_CHARACTERS_MAX,
} from '../../base/limits-chunks.ts';
import type { Root, RootKind, Roots, RootTarget } from '../../chunks/ports.ts';
import { checkRootForm } from '../../chunks/root-form.ts';
import type { ChunksFile } from './file.ts';
import type { Leases } from './leases.ts';
import type { PackWriter } from './pack-writer.ts';
import type { RootRow } from './rows.ts';

const DIGEST_BYTES = 32;

/** The roots of a store. A call throws what `ChunksFile.write` throws. */
export class StoreRoots implements Roots {
  readonly #file: ChunksFile;
  readonly #packs: PackWriter;
  readonly #leases: Leases;
  readonly #put: Statement<unknown[]>;
  readonly #remove: Statement<[string, string]>;
  readonly #find: Statement<[string, string], RootRow>;
  readonly #list: Statement<[string | null], RootRow>;

  constructor(file: ChunksFile, packs: PackWriter, leases: Leases) {
    const { database } = file;
    this.#file = file;
    this.#packs = packs;
    this.#leases = leases;
    this.#put = database.prepare(
      'INSERT OR REPLACE INTO root (kind, name, target, digest, height, length, added_ms, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#remove = database.prepare('DELETE FROM root WHERE kind = ? AND name = ?');
    this.#find = database.prepare('SELECT * FROM root WHERE kind = ? AND name = ?');
    this.#list = database.prepare('SELECT * FROM root WHERE kind = coalesce(?, kind) ORDER BY kind, name');
  }

  /** @throws bad_root_name, root_note_long, chunk_missing, lease_lost besides. */
  set(root: Root): void {
    checkRootForm(root);
    assert(this.#leases.heldCount > 0, 'a root is set before the import ends');
    const { kind, name, target, addedMs, note } = root;
    const digest = digestOf(target);
    const blob = target.kind === 'blob' ? target.root : null;
    this.#file.write(() => {
      this.#leases.requireHeld();
      if (digest !== null && this.#packs.epochOf(digest) === null) {
        throw new CodedError('chunk_missing', `what ${name} is to name is not in this store`, {
          fields: { digest: toHex(digest) },
          advice: 'Store it again.',
        });
      }
      this.#put.run(kind, name, target.kind, digest, blob?.height ?? null, blob?.length ?? null, addedMs, note);
    });
  }

  remove(kind: RootKind, name: string): boolean {
    return this.#file.write(() => this.#remove.run(kind, name).changes > 0);
  }

  find(kind: RootKind, name: string): Root | null {
    const row = this.#file.read(() => this.#find.get(kind, name));
    return row === undefined ? null : rootOf(row);
  }

  list(kind?: RootKind): readonly Root[] {
    return this.#file.read(() => this.#list.all(kind ?? null)).map(rootOf);
  }
}

/** What a root hangs on; null: a blob without bytes. */
export function digestOf(target: RootTarget): Uint8Array | null {
  return target.kind === 'snapshot' ? target.digest : (target.root?.digest ?? null);
}

function rootOf(row: RootRow): Root {
  const { name, added_ms, note } = row;
  return { kind: kindOf(row), name, target: targetOf(row), addedMs: added_ms, note };
}

function kindOf(row: RootRow): RootKind {
  const { kind } = row;
  if (kind === 'pin' || kind === 'snapshot' || kind === 'backup') return kind;
  throw damaged(row, 'it is of no kind that there is');
}

function targetOf(row: RootRow): RootTarget {
  const { target, digest, height, length } = row;
  if (digest !== null && digest.length !== DIGEST_BYTES) throw damaged(row, 'what it names is no digest');
  if (target === 'snapshot' && digest !== null) return { kind: target, digest: new Uint8Array(digest) };
  if (target !== 'blob') throw damaged(row, 'it names nothing that there is');
  if (digest === null) return { kind: target, root: null };
  if (height === null || length === null || !isWithin(height, 0, LIST_HEIGHT_MAX)) {
    throw damaged(row, 'its blob has no height that a blob may have');
  }
  if (!isWithin(length, 1, height === 0 ? CHUNK_BYTES_MAX : BLOB_BYTES_MAX)) {
    throw damaged(row, 'its blob has no length that a blob may have');
  }
  return { kind: target, root: { digest: new Uint8Array(digest), height, length } };
}

function isWithin(value: number, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= least && value <= most;
}

function damaged({ kind, name }: RootRow, what: string): CodedError {
  const shown = { kind: kind.slice(0, ROOT_NAME_CHARACTERS_MAX), name: name.slice(0, ROOT_NAME_CHARACTERS_MAX) };
  return new CodedError(
    'chunks_damaged',
    `a name in the chunk store is damaged, ${shown.kind} ${shown.name}: ${what}`,
    {
      fields: shown,
      advice: 'Remove that name, and store it again under another.',
    },
  );
}
