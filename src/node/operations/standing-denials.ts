import { CodedError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { SCAN_ROWS_MAX } from '../../base/limits.ts';
import { idText, parseIdText } from '../../format/ids.ts';
import type { StateReader } from '../../ledger/state.ts';
import type { Space } from '../space.ts';

/** A denial that stands in the state of a dapp under `<prefix><block>.<index>`: the entry that made it, and why. */
interface StandingDenial {
  /** As people see it: the text of the block's link. */
  readonly block: string;
  readonly index: number;
  readonly reason: string;
  /** ms since 1970. */
  readonly since: number;
}

/** At most SCAN_ROWS_MAX. */
function denialsUnder(state: StateReader, dapp: string, prefix: string): readonly StandingDenial[] {
  return state.scan(dapp, prefix, null, SCAN_ROWS_MAX).rows.map(({ key, value }) => {
    const name = key.slice(prefix.length);
    const dot = name.lastIndexOf('.');
    const { reason, since } = isJsonObject(value) ? value : {};
    return {
      block: name.slice(0, dot),
      index: Number(name.slice(dot + 1)),
      reason: typeof reason === 'string' ? reason : '',
      since: typeof since === 'number' ? since : 0,
    };
  });
}

/** A command to lift denials, and where they stand. */
interface Lift {
  readonly dapp: string;
  readonly prefix: string;
  readonly kind: string;
  readonly body: JsonObject;
  /** What to say when none stands. */
  readonly none: string;
}

/**
 * Lifts every denial under a prefix, each by the entry that made it: one that arrives meanwhile from elsewhere stands.
 * @throws not_denied; what a command is refused with.
 */
export async function liftAll(space: Space, { dapp, prefix, kind, body, none }: Lift): Promise<Json> {
  await space.fold.settled();
  const denials = denialsUnder(space.state, dapp, prefix);
  if (denials.length === 0) throw new CodedError('not_denied', none);
  const lifted: Json[] = [];
  for (const { block, index, reason, since } of denials) {
    const done = await space.command(dapp, kind, body, { block: parseIdText(block), index });
    lifted.push({ reason, since, denial: { block, index }, block: idText(done.block) });
  }
  return { lifted };
}
