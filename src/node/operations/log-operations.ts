import { CodedError } from '../../base/errors.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { LOG_ROWS_MAX } from '../../base/limits.ts';
import type { StateReader } from '../../ledger/state.ts';
import type { LogQuery } from '../../store/log-index.ts';
import { logPage } from '../log-rows.ts';
import type { Space } from '../space.ts';
import { memberIdOf } from './member-lookup.ts';
import type { OperationContext, Operations } from './operation.ts';
import { integerOf, textOf } from './params.ts';

export const LOG_OPERATIONS: Operations = Object.freeze({ 'log.read': readLog });

/**
 * Entries that were played, the oldest first, at most `limit` (LOG_ROWS_MAX). Of those that `sinceMs`, `untilMs` (not
 * included), `door`, `member` (id or name), `reader` and `kinds` (a list) all pick: the last ones, with `last: n` how many; with `position` those played after
 * it; with `before` the last ones played before it. `{rows, cursor: {position}, back: {before}, more}`: `cursor` goes on
 * after the page, `back` before it, `more` tells whether there may be more that way, also after a page without rows.
 */
async function readLog({ space }: OperationContext, params: JsonObject): Promise<Json> {
  await space.fold.settled();
  const isForwards = params.position !== undefined;
  const query = { ...queryOf(params, isForwards), ...(await pickOf(space, params)) };
  const { position: end } = space.journal.fold();
  const page = logPage(space, query);
  const first = Number(page.rows[0]?.position ?? page.position);
  // Backwards, a follower goes on from the end as it was before the page was read.
  if (page.rows.length === 0 && !page.more && query.door !== undefined) refuseSlip(space.state, query.door);
  const cursor = isForwards ? page.position : Math.min(end, (query.before ?? end + 1) - 1);
  const before = isForwards ? first : page.position;
  return { rows: page.rows, cursor: { position: cursor }, back: { before }, more: page.more };
}

function queryOf(params: JsonObject, isForwards: boolean): LogQuery {
  const limit = params.limit ?? (isForwards ? undefined : params.last);
  const name = params.limit === undefined ? 'last' : 'limit';
  return {
    limit: limit === undefined ? LOG_ROWS_MAX : integerOf(params, name, LOG_ROWS_MAX),
    isBackwards: !isForwards,
    ...(isForwards ? { after: integerOf(params, 'position') } : {}),
    ...(params.sinceMs === undefined ? {} : { sinceMs: integerOf(params, 'sinceMs') }),
    ...(params.door === undefined ? {} : { door: textOf(params, 'door') }),
    ...(params.reader === undefined ? {} : { reader: textOf(params, 'reader') }),
    ...(params.kinds === undefined ? {} : { kinds: kindsOf(params.kinds) }),
  };
}

/** What has to be looked up: the positions of times, and the member whom a name means. */
async function pickOf(space: Space, params: JsonObject): Promise<Pick<LogQuery, 'before' | 'member'>> {
  const ends = [
    ...(params.before === undefined ? [] : [integerOf(params, 'before')]),
    ...(params.untilMs === undefined ? [] : [space.journal.positionAt(integerOf(params, 'untilMs') - 1) + 1]),
  ];
  return {
    ...(ends.length === 0 ? {} : { before: Math.min(...ends) }),
    ...(params.member === undefined ? {} : { member: await memberIdOf(space, textOf(params, 'member')) }),
  };
}

/** A door that is gone has its log; one that never was has none. @throws no_such_door. */
function refuseSlip(state: StateReader, door: string): void {
  if (state.read('door', `door/${door}`) !== null) return;
  throw new CodedError('no_such_door', `there is no door ${door}, and nothing in the log about one`, {
    fields: { door },
  });
}

function kindsOf(value: Json): readonly string[] {
  const kinds = Array.isArray(value) ? value : [];
  if (kinds.length > 0 && kinds.every((kind) => typeof kind === 'string')) return kinds;
  throw new CodedError('bad_params', 'kinds must be a list of texts', { fields: { name: 'kinds' } });
}
