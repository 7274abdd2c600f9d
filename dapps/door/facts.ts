import type { Call, Outcome } from '../sdk/contract.ts';
import { asObject, isId } from '../sdk/fields.ts';
import type { JsonObject } from '../sdk/json.ts';
import type { Row, State } from '../sdk/state.ts';
import { parseDoor } from './door-record.ts';
import { doorKey, lastKey, passKey, triesKey } from './keys.ts';
import { parseTries } from './trace.ts';

/**
 * Facts: it happened, so nothing here can refuse them, not even a door that is gone by the time the fact is merged.
 * The state keeps what doors go by (the last thing each showed, passages, wrong PINs); the log itself is the ledger's.
 */

/** Fact `granted {door, member?, badge?, card?, rule, pulse | fault, event, clock, second?, pin?}`. */
export async function recordGranted(call: Call, state: State): Promise<Outcome> {
  const { body, at } = call;
  const { door, member, second, pulse } = body;
  // An output that did not move let nobody in.
  const people = pulse === undefined ? [] : [...new Set([member, second].filter(isId))];
  const area = people.length === 0 || !isId(door) ? null : await areaOf(state, door);
  const passages =
    area === null ? [] : people.map((who) => ({ key: passKey(area, who), value: { door: door ?? null, ms: at.ms } }));
  return { writes: [...last(call, 'granted'), ...passages, ...clearedTries(body)] };
}

/**
 * Fact `denied {door | reader, code, rule, member?, badge?, card?, views?, event, clock, pin?}`. A denial at a reader
 * without a door has no place in the state; the ledger alone keeps it.
 */
export async function recordDenied(call: Call, state: State): Promise<Outcome> {
  const { body, at } = call;
  const { code, member, badge } = body;
  const writes: Row[] = [...last(call, 'denied'), ...clearedTries(body)];
  if (code === 'pin_wrong' && isId(member) && isId(badge)) {
    const key = triesKey(member, badge);
    const count = (parseTries(await state.read(key))?.count ?? 0) + 1;
    writes.push({ key, value: { count, ms: at.ms } });
  }
  return { writes };
}

/** Facts `opened {door, by, rule, pulse | fault, event?, clock}` and `kept {door, on, rule, fault?, clock}`. */
export async function recordNothing(): Promise<Outcome> {
  return { writes: [] };
}

/** A PIN that was right ends the count, wherever it was typed. */
function clearedTries({ pin, member, badge }: JsonObject): readonly Row[] {
  return pin === true && isId(member) && isId(badge) ? [{ key: triesKey(member, badge), value: null }] : [];
}

async function areaOf(state: State, door: string): Promise<string | null> {
  const record = await state.read(doorKey(door));
  return record === null ? null : (parseDoor(asObject(record, 'the door')).passback?.area ?? null);
}

function last({ body, block, index, at }: Call, result: 'granted' | 'denied'): readonly Row[] {
  const { door, ...fact } = body;
  if (typeof door !== 'string') return [];
  return [{ key: lastKey(door), value: { ...fact, result, block, index, ms: at.ms, quality: at.quality } }];
}
