import type { Call, Outcome } from '../sdk/contract.ts';
import { asObject, isId } from '../sdk/fields.ts';
import type { JsonObject } from '../sdk/json.ts';
import type { Row, State } from '../sdk/state.ts';
import { isAlarm } from './alarms.ts';
import { parseDoor } from './door-record.ts';
import { alarmKey, doorKey, lastKey, passKey, seenKey, triesKey } from './keys.ts';
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
  return { writes: [...last(call, 'granted'), ...passages, ...clearedTries(body), ...seen(call)] };
}

/**
 * Fact `denied {door | reader, code, rule, member?, badge?, card?, views?, event, clock, pin?}`. A denial at a reader
 * without a door has no place in the state; the ledger alone keeps it.
 */
export async function recordDenied(call: Call, state: State): Promise<Outcome> {
  const { body, at } = call;
  const { code, member, badge } = body;
  const writes: Row[] = [...last(call, 'denied'), ...clearedTries(body), ...seen(call)];
  if (code === 'pin_wrong' && isId(member) && isId(badge)) {
    const key = triesKey(member, badge);
    const count = (parseTries(await state.read(key))?.count ?? 0) + 1;
    writes.push({ key, value: { count, ms: at.ms } });
  }
  return { writes };
}

/** Fact `alarm {door, alarm, on, event?, clock}`. One that stands keeps the time since when. */
export async function recordAlarm({ body, at }: Call, state: State): Promise<Outcome> {
  const { door, alarm, on, event = null, clock = null } = body;
  if (!isId(door) || !isAlarm(alarm)) return { writes: [] };
  const key = alarmKey(door, alarm);
  const [record, standing] = await Promise.all([state.read(doorKey(door)), state.read(key)]);
  if (on !== true) return { writes: standing === null ? [] : [{ key, value: null }] };
  // Nobody could clear what stands at a door that is gone by now.
  if (record === null || standing !== null) return { writes: [] };
  return { writes: [{ key, value: { since: at.ms, event, clock } }] };
}

/**
 * Facts `opened {door, by, rule, pulse | fault, event?, clock}`, `kept {door, on, rule, fault?, clock}`,
 * `alert {door, alert, other, member, badge, event, clock}` and `found.open {door, event?, clock}`.
 */
export async function recordNothing(): Promise<Outcome> {
  return { writes: [] };
}

/** A PIN that was right ends the count, wherever it was typed. */
function clearedTries({ pin, member, badge }: JsonObject): readonly Row[] {
  return pin === true && isId(member) && isId(badge) ? [{ key: triesKey(member, badge), value: null }] : [];
}

/** Versions whose facts left no trace of where a card was: played anew, they must give the state they gave then. */
const WITHOUT_TRACE: readonly string[] = ['0.1.0', '0.2.0'];

/** Where and when a card was held to a reader last, as far as the clock can be believed. */
function seen({ ver, body, at }: Call): readonly Row[] {
  const { door, member, badge, clock } = body;
  if (WITHOUT_TRACE.includes(ver) || clock === 'unknown' || at.quality === 'unknown') return [];
  if (!isId(door) || !isId(member) || !isId(badge)) return [];
  return [{ key: seenKey(member, badge), value: { door, ms: at.ms } }];
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
