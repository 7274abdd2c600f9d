import { HOLE_BLOCK_BYTES, TAR_SPARSE_RUNS_MAX } from '../../base/limits-chunks.ts';
import type { Run, SparseMap } from './sparse.ts';

const ZEROS = Buffer.alloc(HOLE_BLOCK_BYTES);

/** Finds the holes that a file may have: aligned blocks of zeros, and nothing shorter. Holds the runs of data alone. */
class HoleFinder {
  readonly #runs: { offset: number; length: number }[] = [];
  #at = 0;
  /** Whether there were only zeros since the last border between blocks. */
  #isZero = true;

  push(piece: Uint8Array): void {
    for (let from = 0; from < piece.length; ) {
      const part = piece.subarray(from, from + HOLE_BLOCK_BYTES - (this.#at % HOLE_BLOCK_BYTES));
      this.#isZero &&= ZEROS.compare(part, 0, part.length, 0, part.length) === 0;
      this.#at += part.length;
      from += part.length;
      if (this.#at % HOLE_BLOCK_BYTES === 0) this.#endBlock(HOLE_BLOCK_BYTES);
    }
  }

  end(): SparseMap {
    const rest = this.#at % HOLE_BLOCK_BYTES;
    if (rest > 0) {
      this.#isZero = false;
      this.#endBlock(rest);
    }
    const length = this.#at;
    const last = this.#runs.at(-1);
    // GNU tar tells where the file ends by a run, be it empty.
    if (last === undefined || last.offset + last.length < length) this.#runs.push({ offset: length, length: 0 });
    return { runs: this.#runs, length };
  }

  #endBlock(bytes: number): void {
    const last = this.#runs.at(-1);
    const from = this.#at - bytes;
    // Over the cap what comes is data; the last place is for the end.
    const isFull = this.#runs.length === TAR_SPARSE_RUNS_MAX - 1;
    const isData = !this.#isZero || (isFull && last !== undefined && last.offset + last.length === from);
    this.#isZero = true;
    if (!isData) return;
    if (last !== undefined && last.offset + last.length === from) last.length += bytes;
    else this.#runs.push({ offset: from, length: bytes });
  }
}

export async function holesOf(content: AsyncIterable<Uint8Array>): Promise<SparseMap> {
  const finder = new HoleFinder();
  for await (const piece of content) finder.push(piece);
  return finder.end();
}

/** The data of all runs, one after the other. */
export async function* dataOf(runs: readonly Run[], content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let at = 0;
  let index = 0;
  for await (const piece of content) {
    const end = at + piece.length;
    for (let run = runs[index]; run !== undefined && run.offset < end; run = runs[index]) {
      const part = piece.subarray(Math.max(0, run.offset - at), run.offset + run.length - at);
      if (part.length > 0) yield part;
      if (run.offset + run.length > end) break;
      index += 1;
    }
    at = end;
  }
}

/** The map as it stands before the data: how many runs, then each, in lines of digits. */
export function mapText({ runs }: SparseMap): Buffer {
  const numbers = [runs.length, ...runs.flatMap(({ offset, length }) => [offset, length])];
  return Buffer.from(numbers.map((number) => `${number}\n`).join(''));
}
