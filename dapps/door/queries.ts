import { Fault } from '../sdk/fault.ts';
import { asObject, id, integer, object, text } from '../sdk/fields.ts';
import type { Json, JsonObject } from '../sdk/json.ts';
import { SCAN_ROWS_MAX } from '../sdk/limits.ts';
import { moment } from '../sdk/moment.ts';
import type { State } from '../sdk/state.ts';
import { decide } from './decision.ts';
import { doorNamed, gather } from './evidence.ts';
import { doorKey, lastKey, parseViews } from './records.ts';

/** Query `doors {after?, limit?}`: `{doors: [{door, reader, output, openMs, schedule, bits}], more}`, by name. */
export async function answerDoors(params: JsonObject, state: State): Promise<Json> {
  const limit = params.limit === undefined ? SCAN_ROWS_MAX : integer(params, 'limit', 1, SCAN_ROWS_MAX);
  const prefix = doorKey('');
  const start = params.after === undefined ? {} : { after: doorKey(id(params, 'after')) };
  const { rows, more } = await state.scan(prefix, { ...start, limit });
  return { doors: rows.map(({ key, value }) => ({ door: key.slice(prefix.length), ...asObject(value, key) })), more };
}

/** Query `door {door}`: the door as in `doors`, and `last`, what it showed last (null: nothing). Code: no_such_door. */
export async function answerDoor(params: JsonObject, state: State): Promise<Json> {
  const door = id(params, 'door');
  const [record, last] = await Promise.all([state.read(doorKey(door)), state.read(lastKey(door))]);
  if (record === null) throw new Fault('no_such_door', `there is no door ${door}`);
  return { door, ...asObject(record, 'the door'), last };
}

/**
 * Query `decide {door, views, at}`: what the agent would decide for this card at that moment, as
 * `{granted, rule, member?, badge?, code?}`. Opens nothing. Code: no_such_door.
 */
export async function answerDecide(params: JsonObject, state: State): Promise<Json> {
  const door = text(params, 'door');
  const views = parseViews(params);
  const at = moment(object(params, 'at'));
  const { found, evidence } = await gather(state, doorNamed(state, door), views, at);
  if (found === null) throw new Fault('no_such_door', `there is no door ${door}`);
  return { ...decide(evidence) };
}
