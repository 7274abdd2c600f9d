import { CodedError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { NEAREST_NAMES_MAX, SCAN_ROWS_MAX } from '../../base/limits.ts';
import type { StateReader } from '../../ledger/state.ts';

/** Where the names stand that a code is about, and which parameter had the one that is none of them. */
interface Names {
  readonly dapp: string;
  readonly prefix: string;
  readonly param: string;
}

const NAMES: Readonly<Record<string, Names>> = {
  no_such_door: { dapp: 'door', prefix: 'door/', param: 'door' },
  no_such_schedule: { dapp: 'door', prefix: 'schedule/', param: 'schedule' },
  no_such_member: { dapp: 'membership', prefix: 'name/', param: 'member' },
  no_such_plan: { dapp: 'membership', prefix: 'plan/', param: 'plan' },
};

/** Of so many letters, one may be wrong. */
const LETTERS_A_SLIP = 3;

/** A refusal of a name that is not there says which name comes nearest to it; any other error is as it was. */
export function withNearest(error: unknown, state: StateReader, params: JsonObject): unknown {
  if (!(error instanceof CodedError) || error.advice !== undefined) return error;
  const names = NAMES[error.code];
  const wanted = names === undefined ? undefined : params[names.param];
  if (names === undefined || typeof wanted !== 'string') return error;
  const nearest = nearestOf(wanted.toLowerCase(), namesUnder(state, names));
  // It may be there now, and have been missing at the time that was asked about.
  if (nearest === null || nearest === wanted.toLowerCase()) return error;
  return new CodedError(error.code, error.message, {
    cause: error,
    fields: { ...error.fields, nearest },
    advice: `Is it ${nearest}?`,
  });
}

/** The first NEAREST_NAMES_MAX. */
function namesUnder(state: StateReader, { dapp, prefix }: Names): readonly string[] {
  const names: string[] = [];
  for (let after: string | null = null; names.length < NEAREST_NAMES_MAX; ) {
    const { rows, more } = state.scan(dapp, prefix, after, SCAN_ROWS_MAX);
    names.push(...rows.map(({ key }) => key.slice(prefix.length)));
    after = rows.at(-1)?.key ?? null;
    if (!more || after === null) break;
  }
  return names;
}

/** The name that the fewest slips turn into `wanted`, or that begins with it; null when none is near. */
function nearestOf(wanted: string, names: readonly string[]): string | null {
  const most = Math.max(1, Math.floor(wanted.length / LETTERS_A_SLIP));
  let best: { readonly name: string; readonly slips: number } | null = null;
  for (const name of names) {
    const isBegun = wanted.length >= LETTERS_A_SLIP && name.startsWith(wanted);
    const slips = isBegun ? 1 : slipsBetween(wanted, name, most);
    if (slips <= most && slips < (best?.slips ?? Number.POSITIVE_INFINITY)) best = { name, slips };
  }
  return best?.name ?? null;
}

/** Letters wrong, missing, too many or swapped with the next (optimal string alignment); above `most`: any number above. */
function slipsBetween(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const isSame = a[i - 1] === b[j - 1];
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const one = (cells: readonly number[], at: number) => cells[at] ?? Number.POSITIVE_INFINITY;
      row[j] = Math.min(
        one(last, j) + 1,
        one(row, j - 1) + 1,
        one(last, j - 1) + (isSame ? 0 : 1),
        isSwapped ? one(before, j - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? Number.POSITIVE_INFINITY;
}
