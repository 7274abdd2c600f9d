import {
  IMPORT_BATCH_PACKS_MAX,
  IMPORT_COMPRESSIONS_MAX,
  IMPORT_PACKS_MAX,
  IMPORT_TOUCHED_BYTES_MAX,
  PACK_BYTES_MAX,
  PACK_CHUNKS_MAX,
} from '../../base/limits-chunks.ts';
import { plainPack } from './coding.ts';
import { PackEncoders } from './pack-encoders.ts';
import type { Sealed, ToldChunk } from './sealed.ts';

/**
 * Puts told chunks into packs, has several of them compressed at a time, and hands them on in the order in which they
 * were told.
 */
export class ImportQueue {
  readonly #commit: (batch: readonly Sealed[]) => void;
  readonly #spare: Buffer[] = [];
  #raw: Buffer | null = null;
  #rawBytes = 0;
  #members: Sealed['members'][number][] = [];
  #touched: ToldChunk[] = [];
  #touchedBytes = 0;
  #sealed: Sealed[] = [];
  readonly #uncoded: Sealed[] = [];
  readonly #encoders = new PackEncoders(IMPORT_COMPRESSIONS_MAX);
  #isFlushing = false;
  #failure: unknown = null;
  #waiting: (() => void)[] = [];

  /** @param commit writes a batch; what it throws ends the queue. */
  constructor(commit: (batch: readonly Sealed[]) => void) {
    this.#commit = commit;
  }

  /** A chunk that is not here; its bytes are copied. */
  add(digest: Uint8Array, bytes: Uint8Array): void {
    if (this.#failure !== null) return;
    if (this.#rawBytes + bytes.length > PACK_BYTES_MAX || this.#members.length === PACK_CHUNKS_MAX) this.#seal();
    this.#raw ??= this.#spare.pop() ?? Buffer.allocUnsafeSlow(PACK_BYTES_MAX);
    this.#raw.set(bytes, this.#rawBytes);
    this.#rawBytes += bytes.length;
    this.#members.push({ digest, length: bytes.length });
  }

  /** A chunk that is here, to be touched; its bytes are held until it is. */
  touch(told: ToldChunk): void {
    if (this.#failure !== null) return;
    this.#touched.push(told);
    this.#touchedBytes += told.bytes.length;
    if (this.#touchedBytes >= IMPORT_TOUCHED_BYTES_MAX || this.#touched.length === PACK_CHUNKS_MAX) this.#seal();
  }

  /** Resolves when less than IMPORT_PACKS_MAX packs wait. @throws what ended the queue. */
  async room(): Promise<void> {
    while (this.#failure === null && this.#sealed.length >= IMPORT_PACKS_MAX) await this.#change();
    this.#refuseFailed();
  }

  /** Resolves when nothing waits. @throws what ended the queue. */
  async flush(): Promise<void> {
    if (this.#members.length > 0 || this.#touched.length > 0) this.#seal();
    this.#isFlushing = true;
    this.#advance();
    while (this.#failure === null && this.#sealed.length > 0) await this.#change();
    this.#isFlushing = false;
    this.#refuseFailed();
  }

  #refuseFailed(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  /** Ends it; all that waits is dropped. */
  fail(error: unknown): void {
    this.#failure ??= error;
    this.#sealed = [];
    this.#uncoded.length = 0;
    this.#members = [];
    this.#touched = [];
    this.#raw = null;
    this.#encoders.end();
    this.#wake();
  }

  #seal(): void {
    const raw = this.#raw ?? Buffer.alloc(0);
    const rawBytes = this.#rawBytes;
    const sealed: Sealed = { touched: this.#touched, members: this.#members, raw, rawBytes, coded: null };
    this.#raw = null;
    this.#rawBytes = 0;
    this.#members = [];
    this.#touched = [];
    this.#touchedBytes = 0;
    this.#sealed.push(sealed);
    this.#uncoded.push(sealed);
    this.#codeMore();
  }

  #codeMore(): void {
    while (this.#encoders.hasIdle) {
      const next = this.#uncoded.shift();
      if (next === undefined) return;
      void this.#code(next);
    }
  }

  async #code(sealed: Sealed): Promise<void> {
    try {
      const raw = sealed.raw.subarray(0, sealed.rawBytes);
      sealed.coded = raw.length === 0 ? plainPack(raw) : await this.#encoders.encode(raw);
      this.#codeMore();
      this.#advance();
    } catch (error) {
      this.fail(error);
    }
  }

  #advance(): void {
    for (;;) {
      const ends = this.#sealed.findIndex(({ coded }) => coded === null);
      const ready = ends === -1 ? this.#sealed.length : ends;
      const isFull =
        ready >= IMPORT_BATCH_PACKS_MAX || (ready > 0 && this.#isFlushing && ready === this.#sealed.length);
      if (this.#failure !== null || !isFull) return;
      const batch = this.#sealed.slice(0, IMPORT_BATCH_PACKS_MAX);
      try {
        this.#commit(batch);
      } catch (error) {
        // What the store refused is told to whoever waits for it; a bug of ours too, for nobody else awaits this.
        this.fail(error);
        return;
      }
      this.#sealed.splice(0, batch.length);
      for (const { raw } of batch) if (raw.length > 0) this.#spare.push(raw);
      this.#wake();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
