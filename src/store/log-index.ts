import type { Database, Statement } from 'better-sqlite3';
import { LOG_LOOKED_MAX, SCAN_ROWS_MAX } from '../base/limits.ts';
import type { RecordedOutcome } from './outcome-rows.ts';

/** What of the log is wanted. Everything that is given has to hold. */
export interface LogQuery {
  /** Played at or after this node time, in ms. */
  readonly sinceMs?: number;
  readonly door?: string;
  /** As the member, the guest or the second person of an entry. */
  readonly member?: string;
  readonly reader?: string;
  readonly kinds?: readonly string[];
  /** Only what was played after this position. */
  readonly after?: number;
  /** Only what was played before this position. */
  readonly before?: number;
  /** Whether the newest come first. */
  readonly isBackwards?: boolean;
  readonly limit: number;
}

export interface LogPositions {
  readonly outcomes: readonly RecordedOutcome[];
  /** The last position looked at; to go on from, after it or (backwards) before it. */
  readonly looked: number;
  /** Whether there may be more. A page may be short, even empty, and say so: at most LOG_LOOKED_MAX are looked at. */
  readonly more: boolean;
}

interface Candidate {
  readonly position: number;
  readonly kind: string;
}

type Walk = Statement<unknown[], Candidate>;

/** The tables' indexes as the log is asked; no query reads more than it looks at. */
export class LogIndex {
  readonly #walks: Readonly<Record<'all' | 'door' | 'member' | 'reader', { forwards: Walk; backwards: Walk }>>;

  constructor(database: Database) {
    const both = (sql: (range: string, order: string) => string) => ({
      forwards: database.prepare<unknown[], Candidate>(sql(RANGE, 'position')),
      backwards: database.prepare<unknown[], Candidate>(sql(RANGE, 'position DESC')),
    });
    const by = (tag: string) => (range: string) =>
      `SELECT position, kind FROM outcome INDEXED BY outcome_${tag} WHERE ${tag} = :value AND ${range}`;
    this.#walks = {
      all: both((range, order) => `SELECT position, kind FROM outcome WHERE ${range} ORDER BY ${order} LIMIT :limit`),
      door: both((range, order) => `${by('door')(range)} ORDER BY ${order} LIMIT :limit`),
      reader: both((range, order) => `${by('reader')(range)} ORDER BY ${order} LIMIT :limit`),
      member: both(
        (range, order) => `${by('member')(range)} UNION ALL ${by('second')(range)} ORDER BY ${order} LIMIT :limit`,
      ),
    };
  }

  /** @param after nothing at or before this position. */
  page(query: LogQuery, after: number, read: (position: number) => RecordedOutcome): LogPositions {
    const { kinds, isBackwards = false, limit } = query;
    const outcomes: RecordedOutcome[] = [];
    const ends = { after, before: query.before ?? Number.MAX_SAFE_INTEGER };
    let looked = isBackwards ? ends.before : ends.after;
    for (let count = 0; count < LOG_LOOKED_MAX; count += SCAN_ROWS_MAX) {
      const page = this.#candidates(query, ends);
      for (const { position, kind } of page) {
        if (outcomes.length === limit) return { outcomes, looked, more: true };
        looked = position;
        if (kinds !== undefined && !kinds.includes(kind)) continue;
        const recorded = read(position);
        if (isWanted(recorded, query)) outcomes.push(recorded);
      }
      if (page.length < SCAN_ROWS_MAX) return { outcomes, looked, more: false };
      if (isBackwards) ends.before = looked;
      else ends.after = looked;
    }
    return { outcomes, looked, more: true };
  }

  #candidates(query: LogQuery, ends: { after: number; before: number }): readonly Candidate[] {
    const { member, door, reader, isBackwards = false } = query;
    const name =
      member !== undefined ? 'member' : door !== undefined ? 'door' : reader !== undefined ? 'reader' : 'all';
    const walk = this.#walks[name][isBackwards ? 'backwards' : 'forwards'];
    const value = member ?? door ?? reader;
    return walk.all({ ...ends, limit: SCAN_ROWS_MAX, ...(value === undefined ? {} : { value }) });
  }
}

const RANGE = 'position > :after AND position < :before';

/** What one index alone does not tell. */
function isWanted({ tags }: RecordedOutcome, { door, member, reader }: LogQuery): boolean {
  const isMembers = member === undefined || tags.member === member || tags.second === member;
  return isMembers && (door === undefined || tags.door === door) && (reader === undefined || tags.reader === reader);
}
