import { isIsoDate } from '../../sdk/calendar.ts';
import { Fault } from '../../sdk/fault.ts';
import { asObject, id, integer, text } from '../../sdk/fields.ts';
import type { Json, JsonObject } from '../../sdk/json.ts';
import { SCAN_ROWS_MAX } from '../../sdk/limits.ts';
import type { Row, State } from '../../sdk/state.ts';
import { toldDoor } from '../door-json.ts';
import { parseDoor } from '../door-record.ts';
import {
  DISABLED_PREFIX,
  disabledPrefix,
  doorKey,
  glassCardKey,
  holidayKey,
  LOCKDOWN_PREFIX,
  lastKey,
  SPACE_KEY,
  scheduleKey,
} from '../keys.ts';
import { parseSchedule, ZONE_DEFAULT } from '../schedule-record.ts';
import { everyAlarm, standingAlarms, toldAlarm } from '../standing-alarms.ts';
import { type StandingDenial, standingDenials } from '../standing-denials.ts';
import { parseKeptViews } from '../views.ts';

/**
 * Query `doors {after?, limit?}`: `{doors: [{door, …settings, disabled, alarms}], lockdown, more}`, by name; `disabled`
 * and `lockdown` list what stands, each `{block, index, reason, since}`; `alarms` too, each `{alarm, since, event}`.
 */
export async function answerDoors(params: JsonObject, state: State): Promise<Json> {
  const [{ rows, more }, disabled, lockdown, alarms] = await Promise.all([
    page(state, doorKey(''), params),
    state.scan(DISABLED_PREFIX),
    standingDenials(state, LOCKDOWN_PREFIX),
    everyAlarm(state),
  ]);
  const isDisabled = new Set(disabled.rows.map(({ key }) => key.slice(DISABLED_PREFIX.length).split('/')[0]));
  const doors = await Promise.all(
    rows.map(async ({ name, value }) => ({
      door: name,
      ...toldDoor(parseDoor(value)),
      disabled:
        isDisabled.has(name) || disabled.more ? (await standingDenials(state, disabledPrefix(name))).map(told) : [],
      alarms: alarms.filter(({ door }) => door === name).map(toldAlarm),
    })),
  );
  return { doors, lockdown: lockdown.map(told), more };
}

/**
 * Query `door {door}`: the door as in `doors`, `lockdown`, and `last`, what it showed last (null: nothing).
 * Code: no_such_door.
 */
export async function answerDoor(params: JsonObject, state: State): Promise<Json> {
  const door = id(params, 'door');
  const [record, last, disabled, lockdown, alarms] = await Promise.all([
    state.read(doorKey(door)),
    state.read(lastKey(door)),
    standingDenials(state, disabledPrefix(door)),
    standingDenials(state, LOCKDOWN_PREFIX),
    standingAlarms(state, door),
  ]);
  if (record === null) throw new Fault('no_such_door', `there is no door ${door}`);
  const settings = toldDoor(parseDoor(asObject(record, 'the door')));
  return {
    ...{ door, ...settings, disabled: disabled.map(told), lockdown: lockdown.map(told) },
    ...{ alarms: alarms.map(toldAlarm), last },
  };
}

/** Query `schedules {after?, limit?}`: `{schedules: [{schedule, zone, hours, holidays}], more}`, by name. */
export async function answerSchedules(params: JsonObject, state: State): Promise<Json> {
  const { rows, more } = await page(state, scheduleKey(''), params);
  const schedules = rows.map(({ name, value }) => {
    const { zone, hours, holidays } = parseSchedule(value);
    return { schedule: name, zone, hours: hours.map(({ days, from, to }) => ({ days, from, to })), holidays };
  });
  return { schedules, more };
}

/** Query `holidays {after?, limit?}`: `{holidays: [{day, title}], more}`, by day; `after` is a day. Code: bad_day. */
export async function answerHolidays(params: JsonObject, state: State): Promise<Json> {
  if (params.after !== undefined && !isIsoDate(text(params, 'after'))) throw new Fault('bad_day', 'after is no day');
  const { rows, more } = await page(state, holidayKey(''), params);
  return { holidays: rows.map(({ name, value }) => ({ day: name, title: text(value, 'title') })), more };
}

/** Query `space {}`: `{zone, lockdown}`. */
export async function answerSpace(_params: JsonObject, state: State): Promise<Json> {
  const [record, lockdown] = await Promise.all([state.read(SPACE_KEY), standingDenials(state, LOCKDOWN_PREFIX)]);
  const zone = record === null ? ZONE_DEFAULT : text(asObject(record, 'the space'), 'zone');
  return { zone, lockdown: lockdown.map(told) };
}

/** Query `glass {after?, limit?}`: `{cards: [{card, label, bits}], more}`. Hashes stay inside. */
export async function answerGlass(params: JsonObject, state: State): Promise<Json> {
  const { rows, more } = await page(state, glassCardKey(''), params);
  const cards = rows.map(({ name, value }) => ({
    card: name,
    label: text(value, 'label'),
    bits: parseKeptViews(value).map(({ bits }) => bits),
  }));
  return { cards, more };
}

interface NamedRow {
  readonly name: string;
  readonly value: JsonObject;
}

async function page(
  state: State,
  prefix: string,
  params: JsonObject,
): Promise<{ readonly rows: readonly NamedRow[]; readonly more: boolean }> {
  const limit = params.limit === undefined ? SCAN_ROWS_MAX : integer(params, 'limit', 1, SCAN_ROWS_MAX);
  const start = params.after === undefined ? {} : { after: `${prefix}${id(params, 'after')}` };
  const { rows, more } = await state.scan(prefix, { ...start, limit });
  return {
    rows: rows.map(({ key, value }: Row) => ({ name: key.slice(prefix.length), value: asObject(value, key) })),
    more,
  };
}

function told({ block, index, reason, since }: StandingDenial): Json {
  return { block, index, reason, since };
}
