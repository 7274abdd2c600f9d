import { assert } from '../../base/assert.ts';
import { LIST_PARTS_MAX, MARKS_GATHERED_MAX } from '../../base/limits-chunks.ts';
import type { Place } from '../../chunks/live-item.ts';
import type { Root } from '../../chunks/ports.ts';

/** What a mark was told of. */
export interface Origin {
  readonly root: Root;
  readonly at: Place | null;
}

export interface Mark extends Origin {
  readonly digest: Uint8Array;
}

const DIGEST_BYTES = 32;
const COUNT_MAX = 2 ** 18;
const FIRST = 1024;

assert(MARKS_GATHERED_MAX + LIST_PARTS_MAX <= COUNT_MAX, 'a number of a mark has room beside four bytes of its digest');

/** Digests that wait to be marked: flat, for there are many. */
export class Gathered {
  #digests = Buffer.allocUnsafeSlow(DIGEST_BYTES * FIRST);
  #origins: Origin[] = [];

  get count(): number {
    return this.#origins.length;
  }

  add(digest: Uint8Array, origin: Origin): void {
    const at = DIGEST_BYTES * this.#origins.length;
    if (at === this.#digests.length) {
      const longer = Buffer.allocUnsafeSlow(2 * at);
      longer.set(this.#digests);
      this.#digests = longer;
    }
    this.#digests.set(digest, at);
    this.#origins.push(origin);
  }

  /** By the first bytes of their digests, as the table lies: those that come together share its pages. */
  sorted(): (index: number) => Mark {
    const keys = Float64Array.from(
      this.#origins,
      (_, index) => this.#digests.readUInt32BE(DIGEST_BYTES * index) * COUNT_MAX + index,
    ).sort();
    return (place) => {
      const index = (keys[place] ?? 0) % COUNT_MAX;
      const digest = this.#digests.subarray(DIGEST_BYTES * index, DIGEST_BYTES * (index + 1));
      const origin = this.#origins[index];
      assert(origin !== undefined, 'each mark was told of something');
      return { digest, ...origin };
    };
  }
}
