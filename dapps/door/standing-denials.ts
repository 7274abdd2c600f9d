import { asObject, integer, text } from '../sdk/fields.ts';
import type { State } from '../sdk/state.ts';

/** A denial that a person made with an entry and that only an entry which names it lifts. */
export interface StandingDenial {
  /** `<block>.<index>` of that entry. */
  readonly entry: string;
  readonly block: string;
  readonly index: number;
  readonly reason: string;
  readonly since: number;
}

/** Those under `prefix`, at most as many as one scan gives. */
export async function standingDenials(state: State, prefix: string, dapp?: string): Promise<readonly StandingDenial[]> {
  const { rows } = await state.scan(prefix, dapp === undefined ? {} : { dapp });
  return rows.map(({ key, value }) => {
    const entry = key.slice(prefix.length);
    const dot = entry.lastIndexOf('.');
    const from = asObject(value, 'a denial');
    return {
      entry,
      block: entry.slice(0, dot),
      index: Number(entry.slice(dot + 1)),
      reason: text(from, 'reason'),
      since: integer(from, 'since', 0, Number.MAX_SAFE_INTEGER),
    };
  });
}

/** Their entries alone. */
export async function standingEntries(state: State, prefix: string, dapp?: string): Promise<readonly string[]> {
  return (await standingDenials(state, prefix, dapp)).map(({ entry }) => entry);
}
