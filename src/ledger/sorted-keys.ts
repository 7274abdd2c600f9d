import { compareBytes, utf8 } from '../base/bytes.ts';

/** Keys in one run; a fuller one is halved, so that putting a key between others moves few of them. */
const RUN_KEYS_MAX = 512;

/** Distinct keys of state, always in order: adding one among n and finding a place cost about log n each. */
export class SortedKeys {
  /** Each in order and none empty, but for the one that stands here as long as there is no key. */
  readonly #runs: string[][] = [[]];

  /** `key` has not been added before. */
  add(key: string): void {
    const at = this.#runOf(key);
    const run = this.#runs[at] ?? [];
    run.splice(firstNotBelow(run, key), 0, key);
    if (run.length > RUN_KEYS_MAX) this.#runs.splice(at + 1, 0, run.splice(RUN_KEYS_MAX / 2));
  }

  /** The keys that are not below `first`, in order. Add none meanwhile. */
  *from(first: string): Generator<string> {
    const at = this.#runOf(first);
    for (let i = at; i < this.#runs.length; i += 1) {
      const run = this.#runs[i] ?? [];
      for (let j = i === at ? firstNotBelow(run, first) : 0; j < run.length; j += 1) yield run[j] ?? '';
    }
  }

  /** The run in which `key` has its place: the last that does not begin behind it. */
  #runOf(key: string): number {
    const next = search(this.#runs.length, (i) => compareKeys(this.#runs[i]?.[0] ?? '', key) > 0);
    return Math.max(next - 1, 0);
  }
}

/** The order of keys: by their UTF-8 bytes, which is not JavaScript's own order of texts. */
export function compareKeys(a: string, b: string): number {
  return compareBytes(utf8(a), utf8(b));
}

function firstNotBelow(keys: readonly string[], key: string): number {
  return search(keys.length, (i) => compareKeys(keys[i] ?? '', key) >= 0);
}

/** The first of `count` places at which `holds`, or `count`; it holds at all behind the first, too. */
function search(count: number, holds: (place: number) => boolean): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
