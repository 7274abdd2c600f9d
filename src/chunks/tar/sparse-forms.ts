import { TAR_SPARSE_RUNS_MAX } from '../../base/limits-chunks.ts';
import type { ByteReader } from './byte-reader.ts';
import { BLOCK_BYTES, type Header, numberIn } from './header.ts';
import { type PaxRecord, wholeNumber } from './records.ts';
import { checkedMap, mapError, runsOf, type SparseMap } from './sparse.ts';

/** The four forms in which GNU tar tells of holes: its manual, "Storing Sparse Files". */

const NEWLINE = 0x0a;
const DIGITS_MAX = 16;
const NUMBER_BYTES = 12;
/** Where in a block of the oldest form its runs stand, and the byte that says whether another block follows. */
const IN_HEADER = { from: 386, runs: 4, more: 482, length: 483 } as const;
const IN_BLOCK = { from: 0, runs: 21, more: 504 } as const;

export interface SparseMember {
  readonly map: SparseMap;
  /** What is left of the member: its data. */
  readonly storedBytes: number;
}

/**
 * The map of a member with holes, null for one without.
 * @param size of the member, in bytes, as its header says.
 * @throws tar_sparse, tar_form, tar_truncated.
 */
export async function sparseMember(
  header: Header,
  records: readonly PaxRecord[],
  size: number,
  reader: ByteReader,
): Promise<SparseMember | null> {
  const number = (key: string) => {
    const record = records.findLast((each) => each.key === key);
    return record === undefined ? null : wholeNumber(record);
  };
  if (header.type === 'S') return member(await oldMap(header, reader), size);
  const major = number('GNU.sparse.major');
  if (major !== null) {
    const minor = number('GNU.sparse.minor');
    if (major !== 1 || minor !== 0) throw mapError(`is of version ${major}.${minor}, and known are 0.0, 0.1 and 1.0`);
    const length = number('GNU.sparse.realsize');
    if (length === null) throw mapError('tells no length of the file');
    const { numbers, mapBytes } = await mapBefore(size, reader);
    return member({ runs: runsOf(numbers), length }, size - mapBytes);
  }
  const length = number('GNU.sparse.size');
  return length === null ? null : member({ runs: runsOf(inRecords(records)), length }, size);
}

function member(map: SparseMap, storedBytes: number): SparseMember {
  return { map: checkedMap(map, storedBytes), storedBytes };
}

/** Forms 0.0 and 0.1. */
function inRecords(records: readonly PaxRecord[]): readonly number[] {
  const numbers: number[] = [];
  for (const { key, value } of records) {
    if (key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes') numbers.push(wholeNumber({ key, value }));
    if (key !== 'GNU.sparse.map' || value.length === 0) continue;
    for (const text of Buffer.from(value).toString('latin1').split(',')) {
      numbers.push(wholeNumber({ key, value: Buffer.from(text) }));
    }
  }
  return numbers;
}

/** Form 1.0: lines of digits before the data, how many runs there are, then each; zeros fill the last block. */
async function mapBefore(size: number, reader: ByteReader) {
  const numbers: number[] = [];
  let mapBytes = 0;
  let line = '';
  for (let wanted = 1; numbers.length < wanted; ) {
    if (mapBytes + BLOCK_BYTES > size) throw mapError('goes beyond the end of the member');
    const block = await reader.exactly(BLOCK_BYTES);
    mapBytes += BLOCK_BYTES;
    for (let at = 0; at < block.length && numbers.length < wanted; at += 1) {
      const byte = block[at] ?? 0;
      if (byte !== NEWLINE) line += String.fromCharCode(byte);
      if (line.length > DIGITS_MAX) throw mapError('has a line that is too long');
      if (byte !== NEWLINE) continue;
      numbers.push(wholeNumber({ key: 'GNU.sparse', value: Buffer.from(line, 'latin1') }));
      line = '';
      const [runs = 0] = numbers;
      if (runs > TAR_SPARSE_RUNS_MAX) throw mapError('has too many runs of data');
      wanted = 1 + 2 * runs;
    }
  }
  return { numbers: numbers.slice(1), mapBytes };
}

/** The form of GNU's own header: four runs in it, and 21 in each block that follows. */
async function oldMap({ block: head }: Header, reader: ByteReader): Promise<SparseMap> {
  const numbers = runsIn(head, IN_HEADER.from, IN_HEADER.runs);
  for (let hasMore = head[IN_HEADER.more] !== 0; hasMore; ) {
    const block = await reader.exactly(BLOCK_BYTES);
    numbers.push(...runsIn(block, IN_BLOCK.from, IN_BLOCK.runs));
    if (numbers.length > 2 * TAR_SPARSE_RUNS_MAX) throw mapError('has too many runs of data');
    hasMore = block[IN_BLOCK.more] !== 0;
  }
  const length = numberIn(head.subarray(IN_HEADER.length, IN_HEADER.length + NUMBER_BYTES), 'realsize', reader.at);
  return { runs: runsOf(numbers), length };
}

function runsIn(block: Buffer, from: number, most: number): number[] {
  const numbers: number[] = [];
  for (let at = from; at < from + 2 * NUMBER_BYTES * most; at += NUMBER_BYTES) {
    const field = block.subarray(at, at + NUMBER_BYTES);
    if (field[0] === 0) break;
    numbers.push(numberIn(field, 'sparse', at));
  }
  return numbers;
}
