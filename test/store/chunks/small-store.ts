import { CodedError } from '../../../src/base/errors.ts';
import type { Part } from '../../../src/chunks/list.ts';
import type { BlobRoot } from '../../../src/chunks/list-writer.ts';
import { liveOf } from '../../../src/chunks/live.ts';
import type { ChunkImport, ChunkStore, Root, RootTarget } from '../../../src/chunks/ports.ts';
import { sha256 } from '../../../src/format/ids.ts';
import type { ChunksFile } from '../../../src/store/chunks/file.ts';
import { PackBook, type WholeChunk } from '../../../src/store/chunks/pack-book.ts';
import type { ChunkRow, RootRow } from '../../../src/store/chunks/rows.ts';
import { hex } from '../../chunks/made.ts';

const LEASE_MS = 600_000;
const PACK_BYTES = 4_000;

/** The rules of a put on a real file, as plainly as they can be written down: small packs, all of it at once. */
export class SmallStore {
  readonly file: ChunksFile;
  readonly packs: PackBook;
  readonly nowMs: () => number;

  constructor(file: ChunksFile, nowMs: () => number) {
    this.file = file;
    this.packs = new PackBook(file);
    this.nowMs = nowMs;
  }

  row(digest: Uint8Array): ChunkRow | undefined {
    return this.file.database.prepare<[Uint8Array], ChunkRow>('SELECT * FROM chunk WHERE digest = ?').get(digest);
  }

  readonly get: ChunkStore['get'] = async (digest) => {
    const row = this.row(digest);
    const bytes = row && this.packs.rawOf(row.pack)?.subarray(row.at, row.at + row.length);
    return bytes !== undefined && Buffer.compare(sha256(bytes), digest) === 0 ? bytes : null;
  };

  readonly roots: Pick<ChunkStore['roots'], 'set' | 'remove' | 'list'> = {
    set: ({ kind, name, target, addedMs, note }) => {
      const [digest, height, length] = targetFields(target);
      this.file.write(() =>
        this.file.database
          .prepare('INSERT OR REPLACE INTO root VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
          .run(kind, name, target.kind, digest, height, length, addedMs, note),
      );
    },
    remove: (kind, name) =>
      this.file.write(() => this.file.database.prepare('DELETE FROM root WHERE kind = ? AND name = ?').run(kind, name))
        .changes > 0,
    list: () => this.file.database.prepare<[], RootRow>('SELECT * FROM root ORDER BY kind, name').all().map(rootOf),
  };

  beginImport(): SmallImport {
    return new SmallImport(this);
  }
}

function targetFields(target: RootTarget): readonly [Uint8Array | null, number | null, number | null] {
  if (target.kind === 'snapshot') return [target.digest, null, null];
  return target.root === null ? [null, null, null] : [target.root.digest, target.root.height, target.root.length];
}

function rootOf({ kind, name, target, digest, height, length, added_ms, note }: RootRow): Root {
  const blob = digest === null ? null : { digest, height: height ?? 0, length: length ?? 0 };
  const what: RootTarget =
    target === 'snapshot' ? { kind: 'snapshot', digest: digest ?? new Uint8Array() } : { kind: 'blob', root: blob };
  return { kind: kind as Root['kind'], name, target: what, addedMs: added_ms, note };
}

export class SmallImport implements Pick<ChunkImport, 'chunk' | 'list' | 'keep' | 'flush' | 'end'> {
  readonly #store: SmallStore;
  readonly #lease: { readonly id: number | bigint; readonly epoch: number };
  #told = new Map<string, WholeChunk>();

  constructor(store: SmallStore) {
    this.#store = store;
    const { database } = store.file;
    this.#lease = store.file.write(() => {
      const epoch = Number(database.prepare('SELECT epoch FROM meta').pluck().get());
      const insert = database.prepare('INSERT INTO lease (epoch, until_ms, purpose, pid) VALUES (?, ?, ?, ?)');
      const { lastInsertRowid: id } = insert.run(epoch, store.nowMs() + LEASE_MS, 'test', process.pid);
      return { id, epoch };
    });
  }

  chunk({ digest }: Part, bytes: Uint8Array): void {
    this.list(digest, bytes);
  }

  list(digest: Uint8Array, bytes: Uint8Array): void {
    this.#told.set(hex(digest), { digest, bytes });
  }

  async keep(root: BlobRoot): Promise<boolean> {
    const digests: Uint8Array[] = [];
    for await (const item of liveOf({ kind: 'blob', root }, { fetch: this.#store.get, isWalked: () => false })) {
      if (item.kind === 'unread') return false;
      digests.push(...(item.kind === 'chunks' ? item.parts.map(({ digest }) => digest) : [item.digest]));
    }
    return this.#write(() => digests.every((digest) => this.#touch(digest)));
  }

  async flush(): Promise<void> {
    this.flushNow();
  }

  flushNow(): void {
    const told = [...this.#told.values()];
    this.#told = new Map();
    this.#write(() => {
      let pack: WholeChunk[] = [];
      for (const whole of told) {
        if (this.#touch(whole.digest)) continue;
        this.#insert(whole);
        pack.push(whole);
        if (pack.reduce((sum, { bytes }) => sum + bytes.length, 0) < PACK_BYTES) continue;
        this.#store.packs.move(pack);
        pack = [];
      }
      if (pack.length > 0) this.#store.packs.move(pack);
    });
  }

  /** As one that stood still for too long. */
  expire(): void {
    const { database, write } = this.#store.file;
    write(() => database.prepare('UPDATE lease SET until_ms = 0 WHERE id = ?').run(this.#lease.id));
  }

  end(): void {
    const { database, write } = this.#store.file;
    write(() => database.prepare('DELETE FROM lease WHERE id = ?').run(this.#lease.id));
  }

  #write<Result>(task: () => Result): Result {
    const { database, write } = this.#store.file;
    return write(() => {
      const { changes } = database
        .prepare('UPDATE lease SET until_ms = ? WHERE id = ?')
        .run(this.#store.nowMs() + LEASE_MS, this.#lease.id);
      if (changes === 0) throw new CodedError('lease_lost', 'the lease of this import was taken away');
      return task();
    });
  }

  #touch(digest: Uint8Array): boolean {
    const row = this.#store.row(digest);
    if (row === undefined) return false;
    const raise = this.#store.file.database.prepare('UPDATE chunk SET epoch = max(epoch, ?) WHERE digest = ?');
    raise.run(this.#lease.epoch, digest);
    return true;
  }

  #insert({ digest, bytes }: WholeChunk): void {
    const { database } = this.#store.file;
    database.prepare('INSERT INTO chunk VALUES (?, 0, 0, ?, ?)').run(digest, bytes.length, this.#lease.epoch);
    database.prepare('UPDATE meta SET chunks = chunks + 1, raw_bytes = raw_bytes + ?').run(bytes.length);
    database.prepare('DELETE FROM quarantine WHERE digest = ?').run(digest);
  }
}
