import type { Json, JsonObject } from '../../base/json.ts';
import { LOG_ROWS_MAX } from '../../base/limits.ts';
import { logPage } from '../log-rows.ts';
import type { OperationContext, Operations } from './operation.ts';
import { integerOf } from './params.ts';

export const LOG_OPERATIONS: Operations = Object.freeze({ 'log.read': readLog });

/** `{last: n}` for the latest, or `{arrival, index}` to go on from a cursor. */
async function readLog({ space }: OperationContext, params: JsonObject): Promise<Json> {
  await space.fold.settled();
  const limit = LOG_ROWS_MAX;
  const last = params.last === undefined ? limit : integerOf(params, 'last', limit);
  const start = { arrival: space.journal.arrivalBefore(last), index: Number.MAX_SAFE_INTEGER };
  const cursor =
    params.arrival === undefined ? start : { arrival: integerOf(params, 'arrival'), index: integerOf(params, 'index') };
  const page = logPage(space.journal, space.state, space.caps, cursor, limit);
  return { rows: page.rows, cursor: { ...page.cursor } };
}
