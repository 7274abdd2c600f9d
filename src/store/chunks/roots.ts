import type { Statement } from 'better-sqlite3';
import { assert } from '../../base/assert.ts';
import { toHex } from '../../base/bytes.ts';
import { CodedError } from '../../base/errors.ts';
import type { Root, RootKind, Roots, RootTarget } from '../../chunks/ports.ts';
import { checkRootForm } from '../../chunks/root-form.ts';
import type { ChunksFile } from './file.ts';
import type { Leases } from './leases.ts';
import type { PackWriter } from './pack-writer.ts';
import type { RootRow } from './rows.ts';

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

function rootOf({ kind, name, target, digest, height, length, added_ms, note }: RootRow): Root {
  return { kind: kindOf(kind), name, target: targetOf(target, { digest, height, length }), addedMs: added_ms, note };
}

function kindOf(text: string): RootKind {
  if (text === 'pin' || text === 'snapshot' || text === 'backup') return text;
  throw damaged(`a root of the kind ${text}`);
}

function targetOf(kind: string, { digest, height, length }: Pick<RootRow, 'digest' | 'height' | 'length'>): RootTarget {
  if (kind === 'snapshot' && digest !== null) return { kind, digest: new Uint8Array(digest) };
  if (kind !== 'blob') throw damaged(`a root that names a ${kind}`);
  if (digest === null) return { kind, root: null };
  if (height === null || length === null) throw damaged('a root without its height');
  return { kind, root: { digest: new Uint8Array(digest), height, length } };
}

function damaged(what: string): CodedError {
  return new CodedError('chunks_damaged', `the chunk store has ${what}`, {
    advice: 'Keep the file, and let a new one be made: what it held comes again from backups and other nodes.',
  });
}
