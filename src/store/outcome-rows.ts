import type { ClockQuality, ClockReading } from '../base/ports.ts';
import type { EntryPlace, LogTags } from './fold-commit.ts';
import { checkRow, type RowWords, rowSum } from './row-sum.ts';

/** One entry's outcome as it was recorded. */
export interface RecordedOutcome extends EntryPlace {
  /** 1, 2, 3 … in the order in which entries were played. */
  readonly position: number;
  readonly dapp: string;
  readonly kind: string;
  readonly ok: boolean;
  readonly code: string | null;
  readonly message: string | null;
  readonly at: ClockReading;
  /** Keys of its dapp's state that it wrote or removed. */
  readonly keys: readonly string[];
  /** Its body is gone for good, and all that it wrote. */
  readonly isErased: boolean;
  readonly tags: LogTags;
}

export interface OutcomeRow extends LogTags {
  readonly position: number;
  readonly block: number;
  readonly idx: number;
  readonly dapp: string;
  readonly kind: string;
  readonly ok: number;
  readonly code: string | null;
  readonly message: string | null;
  readonly at_ms: number;
  readonly at_quality: ClockQuality;
  readonly keys: string;
  readonly erased: number;
  readonly sum: Uint8Array;
}

export const OUTCOME_COLUMNS =
  'position, block, idx, dapp, kind, ok, code, message, at_ms, at_quality, keys, erased, door, member, second, reader, sum';

export function toRow(outcome: RecordedOutcome): OutcomeRow {
  const { position, arrival, index, dapp, kind, ok, code, message, at, keys, isErased, tags } = outcome;
  const row = {
    position,
    block: arrival,
    idx: index,
    ...{ dapp, kind, ok: ok ? 1 : 0, code, message },
    at_ms: at.wallMs,
    at_quality: at.quality,
    keys: JSON.stringify(keys),
    erased: isErased ? 1 : 0,
    ...{ door: tags.door, member: tags.member, second: tags.second, reader: tags.reader },
  };
  return { ...row, sum: rowSum(wordsOf(row)) };
}

/** @throws store_damaged. */
export function fromRow(row: OutcomeRow): RecordedOutcome {
  checkRow(wordsOf(row), null, row.sum);
  const { position, block, idx, dapp, kind, ok, code, message, door, member, second, reader } = row;
  return {
    ...{ position, arrival: block, index: idx, dapp, kind, ok: ok === 1, code, message },
    at: { wallMs: row.at_ms, quality: row.at_quality },
    keys: JSON.parse(row.keys) as string[],
    isErased: row.erased === 1,
    tags: { door, member, second, reader },
  };
}

function wordsOf(row: Omit<OutcomeRow, 'sum'>): RowWords {
  const { position, block, idx, dapp, kind, ok, code, message, at_ms, at_quality } = row;
  const { keys, erased, door, member, second, reader } = row;
  const what = [position, block, idx, dapp, kind, ok, code, message, at_ms, at_quality] as const;
  return ['outcome', ...what, keys, erased, door, member, second, reader];
}
