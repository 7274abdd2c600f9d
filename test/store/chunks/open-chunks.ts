import { join } from 'node:path';
import type { Test } from 'tap';
import type { Clock } from '../../../src/base/ports.ts';
import { CHUNKERS } from '../../../src/format/chunkers/profile.ts';
import { type Chunks, type ChunksOptions, openChunks } from '../../../src/store/chunks/store.ts';
import { newFolder } from '../open-store.ts';

/** A clock that goes when it is told to. */
export class HandClock implements Clock {
  wallMs = Date.UTC(2026, 0, 1);
  readonly #tasks = new Map<number, { readonly atMs: number; readonly task: () => void }>();
  #last = 0;

  now() {
    return { wallMs: this.wallMs, quality: 'synced' as const };
  }

  monotonicMs(): number {
    return this.wallMs;
  }

  after(delayMs: number, task: () => void): () => void {
    this.#last += 1;
    const number = this.#last;
    this.#tasks.set(number, { atMs: this.wallMs + delayMs, task });
    return () => void this.#tasks.delete(number);
  }

  get waiting(): number {
    return this.#tasks.size;
  }

  go(ms: number): void {
    this.wallMs += ms;
    for (const [number, { atMs, task }] of [...this.#tasks]) {
      if (atMs <= this.wallMs && this.#tasks.delete(number)) task();
    }
  }
}

/** A chunk store on disk, in a folder of its own unless it is named; closed when the test ends. */
export function newChunks(t: Pick<Test, 'teardown'>, options: Partial<ChunksOptions> = {}): Chunks {
  const path = options.path ?? join(newFolder(t), 'chunks.db');
  const limits = { freeBytes: () => Number.MAX_SAFE_INTEGER, ...options.limits };
  const chunks = openChunks({
    mayCreate: true,
    profiles: CHUNKERS,
    clock: new HandClock(),
    ...options,
    path,
    limits,
  });
  t.teardown(() => chunks.close());
  return chunks;
}
