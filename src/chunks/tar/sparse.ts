import { assert } from '../../base/assert.ts';
import { BLOB_BYTES_MAX, TAR_PIECE_BYTES, TAR_SPARSE_RUNS_MAX } from '../../base/limits-chunks.ts';
import { tarError } from './error.ts';

/** Where in a file with holes there is data; all else is zeros. */
export interface SparseMap {
  /** In rising order. */
  readonly runs: readonly Run[];
  /** Of the file with its holes. */
  readonly length: number;
}

export interface Run {
  readonly offset: number;
  readonly length: number;
}

const ZEROS = new Uint8Array(TAR_PIECE_BYTES);

/**
 * A map as it came: the data of all runs is what the member holds, and they lie one after the other in the file.
 * @param storedBytes what the member holds. @throws tar_sparse.
 */
export function checkedMap({ runs, length }: SparseMap, storedBytes: number): SparseMap {
  if (runs.length > TAR_SPARSE_RUNS_MAX) throw mapError('has too many runs of data');
  if (!isLength(length)) throw mapError('tells no length that a file can have');
  let end = 0;
  let sum = 0;
  for (const run of runs) {
    if (!isLength(run.offset) || !isLength(run.length) || run.offset < end) throw mapError('has runs that overlap');
    end = run.offset + run.length;
    sum += run.length;
  }
  if (end > length) throw mapError('goes beyond the end of the file');
  if (sum !== storedBytes) throw mapError('tells of other data than the member holds');
  return { runs, length };
}

/** From one list of offsets and lengths, as every form of map has them. @throws tar_sparse. */
export function runsOf(numbers: readonly number[]): readonly Run[] {
  if (numbers.length % 2 !== 0) throw mapError('has an offset without a length');
  return Array.from({ length: numbers.length / 2 }, (_, at) => ({
    offset: numbers[2 * at] ?? 0,
    length: numbers[2 * at + 1] ?? 0,
  }));
}

/** The file with its holes. @param data of the runs, one after the other. */
export async function* withHoles(map: SparseMap, data: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  let at = 0;
  let piece: Uint8Array = new Uint8Array();
  for (const run of map.runs) {
    yield* zeros(run.offset - at);
    for (let rest = run.length; rest > 0; ) {
      if (piece.length === 0) {
        const { value, done } = await data.next();
        assert(done !== true, 'a member holds what its checked map says');
        piece = value;
      }
      const part = piece.subarray(0, rest);
      piece = piece.subarray(part.length);
      rest -= part.length;
      yield part;
    }
    at = run.offset + run.length;
  }
  yield* zeros(map.length - at);
}

function* zeros(length: number): Generator<Uint8Array> {
  for (let rest = length; rest > 0; rest -= ZEROS.length) yield ZEROS.subarray(0, rest);
}

function isLength(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= BLOB_BYTES_MAX;
}

export function mapError(what: string) {
  return tarError('tar_sparse', `the map of a file with holes ${what}`);
}
