import { assert } from '../../base/assert.ts';
import { CodedError } from '../../base/errors.ts';
import { LEASE_RENEW_MS } from '../../base/limits-chunks.ts';
import type { Clock } from '../../base/ports.ts';
import type { Part } from '../../chunks/list.ts';
import type { BlobRoot } from '../../chunks/list-writer.ts';
import type { ChunkImport, ImportCounts } from '../../chunks/ports.ts';
import { plainPack } from './coding.ts';
import { ImportQueue } from './import-queue.ts';
import { type KeepParts, keepBlob } from './keep.ts';
import type { Lease } from './leases.ts';
import type { Written } from './pack-writer.ts';
import type { Sealed, ToldChunk } from './sealed.ts';
import { keyOf, Settled } from './settled.ts';
import type { Space } from './space.ts';

/** What an import works with. */
export interface ImportParts extends KeepParts {
  readonly space: Space;
  readonly clock: Clock;
}

/** What comes into the store. Found chunks of an older epoch are touched before they count as told; see STORE.md. */
export class StoreImport implements ChunkImport {
  readonly #parts: ImportParts;
  readonly #lease: Lease;
  readonly #queue: ImportQueue;
  readonly #settled = new Settled();
  readonly #counts = { chunks: 0, bytes: 0, newChunks: 0, newBytes: 0, storedBytes: 0 };
  #stopRenewing: () => void = () => {};
  #hasEnded = false;

  constructor(parts: ImportParts, purpose: string) {
    this.#parts = parts;
    this.#lease = parts.leases.take(purpose);
    this.#queue = new ImportQueue((batch) => this.#commit(batch));
    this.#renewLater();
  }

  get counts(): ImportCounts {
    return { ...this.#counts };
  }

  chunk({ digest, length }: Part, bytes: Uint8Array): void {
    assert(bytes.length === length, 'a chunk is as long as it says');
    this.list(digest, bytes);
  }

  list(digest: Uint8Array, bytes: Uint8Array): void {
    assert(!this.#hasEnded, 'nothing is told after the end');
    this.#counts.chunks += 1;
    this.#counts.bytes += bytes.length;
    const key = keyOf(digest);
    if (this.#settled.has(key)) return;
    this.#settled.add(key);
    try {
      const epoch = this.#parts.file.read(() => this.#parts.packs.epochOf(digest));
      if (epoch === null) this.#queue.add(digest, bytes);
      else if (epoch < this.#lease.epoch) this.#queue.touch({ digest, bytes: new Uint8Array(bytes) });
    } catch (error) {
      this.#queue.fail(error);
    }
  }

  keep(root: BlobRoot): Promise<boolean> {
    return keepBlob(root, this.#lease, this.#parts);
  }

  room(): Promise<void> {
    return this.#queue.room();
  }

  async flush(): Promise<void> {
    await this.#queue.flush();
    this.#parts.file.read(() => this.#parts.leases.require(this.#lease));
  }

  end(): void {
    assert(!this.#hasEnded, 'an import ends once');
    this.#hasEnded = true;
    this.#stopRenewing();
    this.#queue.fail(new CodedError('import_ended', 'this import has ended', { advice: 'Begin another one.' }));
    this.#parts.leases.end(this.#lease);
  }

  #commit(batch: readonly Sealed[]): void {
    const { file, leases, space } = this.#parts;
    const written = file.write(() => {
      space.require(batch.reduce((sum, { coded }) => sum + (coded?.bytes.length ?? 0), 0));
      leases.require(this.#lease);
      return batch.flatMap((sealed) => this.#write(sealed));
    });
    for (const { chunks, bytes, storedBytes } of written) {
      this.#counts.newChunks += chunks;
      this.#counts.newBytes += bytes;
      this.#counts.storedBytes += storedBytes;
    }
  }

  #write({ touched, members, rawBytes, coded }: Sealed): readonly Written[] {
    const { packs } = this.#parts;
    const { epoch } = this.#lease;
    const gone = touched.filter(({ digest }) => !packs.touch(digest, epoch));
    const again = gone.map((one) => packs.insert(packOfOne(one), epoch));
    if (coded === null || members.length === 0) return again;
    return [...again, packs.insert({ coded, rawBytes, members }, epoch)];
  }

  #renewLater(): void {
    this.#stopRenewing = this.#parts.clock.after(LEASE_RENEW_MS, () => {
      try {
        this.#parts.leases.renew(this.#lease);
        this.#renewLater();
      } catch (error) {
        this.#queue.fail(error);
      }
    });
  }
}

/** A chunk that was here when it was told, and went before it was touched. */
function packOfOne({ digest, bytes }: ToldChunk) {
  return { coded: plainPack(bytes), rawBytes: bytes.length, members: [{ digest, length: bytes.length }] };
}
