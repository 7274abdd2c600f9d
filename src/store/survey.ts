import type { Database, Statement } from 'better-sqlite3';
import { toHex } from '../base/bytes.ts';
import { CodedError, codeOf } from '../base/errors.ts';
import type { BlockId } from '../format/ids.ts';
import { decodeBodies } from './bodies.ts';
import { openSound } from './filed.ts';
import { checkedBlob } from './row-sum.ts';

/** A block that was here and is not any more. */
export interface LostBlock {
  readonly arrival: number;
  /** Where the row still says it. */
  readonly id: BlockId | null;
}

/** What a look at every block found. */
export interface Survey {
  /** Arrival of the last block there was. */
  readonly last: number;
  readonly sound: number;
  /** In order of arrival. */
  readonly lost: readonly LostBlock[];
}

interface Row {
  readonly id: Uint8Array;
  readonly signature: Uint8Array;
  readonly bytes: Uint8Array;
  readonly bodies: Uint8Array;
}

/**
 * Reads every block by itself, so that one that cannot be read hides no other.
 * @param known arrivals that something besides the blocks says there were.
 */
export function surveyBlocks(
  database: Database,
  known: readonly number[],
  progress: (done: number, total: number) => void = () => {},
): Survey {
  const last = Math.max(0, lastArrival(database), ...known);
  const read = database.prepare<[number], Row>('SELECT id, signature, bytes, bodies FROM block WHERE arrival = ?');
  const lost: LostBlock[] = [];
  for (let arrival = 1; arrival <= last; arrival += 1) {
    const one = lookAt(read, arrival);
    if (one !== null) lost.push(one);
    if (arrival % 1024 === 0 || arrival === last) progress(arrival, last);
  }
  return { last, sound: last - lost.length, lost };
}

function lookAt(read: Statement<[number], Row>, arrival: number): LostBlock | null {
  let id: BlockId | null = null;
  try {
    const row = read.get(arrival);
    if (row === undefined) return { arrival, id };
    id = toHex(checkedBlob('block', row.id));
    openSound({ arrival, id, bytes: row.bytes, bodies: decodeBodies(checkedBlob('block', row.bodies)) });
    checkedBlob('block', row.signature);
    return null;
  } catch (error) {
    if (!isDamage(error)) throw error;
    return { arrival, id };
  }
}

function lastArrival(database: Database): number {
  try {
    return Number(database.prepare('SELECT max(arrival) FROM block').pluck().get() ?? 0);
  } catch (error) {
    if (isDamage(error)) return 0;
    throw error;
  }
}

/** Whether it is the file that is wrong, and not we. */
export function isDamage(error: unknown): boolean {
  const code = codeOf(error) ?? '';
  return error instanceof CodedError || (code.startsWith('SQLITE_') && !code.startsWith('SQLITE_CONSTRAINT'));
}
