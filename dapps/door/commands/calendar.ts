import { isIsoDate } from '../../sdk/calendar.ts';
import type { Call, Outcome } from '../../sdk/contract.ts';
import { Fault } from '../../sdk/fault.ts';
import { asObject, id, text } from '../../sdk/fields.ts';
import { plainText } from '../../sdk/plain-text.ts';
import type { State } from '../../sdk/state.ts';
import { parseZone } from '../../sdk/zone.ts';
import { parseDoor, schedulesOf } from '../door-record.ts';
import { doorKey, holidayKey, SPACE_KEY, scheduleKey } from '../keys.ts';
import { rowsUnder } from '../rows.ts';
import { parseSchedule } from '../schedule-record.ts';

const TITLE_POINTS_MAX = 64;

/** Command `schedule.set {schedule, zone, hours, holidays}`: makes or replaces it. Codes: bad_id, bad_zone, bad_hours. */
export async function setSchedule({ body }: Call): Promise<Outcome> {
  const schedule = id(body, 'schedule');
  const { zone, hours, holidays } = parseSchedule(body);
  if (zone !== null) parseZone(zone);
  const plain = hours.map(({ days, from, to }) => ({ days, from, to }));
  return { writes: [{ key: scheduleKey(schedule), value: { zone, hours: plain, holidays } }] };
}

/** Command `schedule.remove {schedule}`. Codes: no_such_schedule, schedule_used. */
export async function removeSchedule({ body }: Call, state: State): Promise<Outcome> {
  const schedule = id(body, 'schedule');
  const [known, user] = await Promise.all([state.read(scheduleKey(schedule)), doorWith(state, schedule)]);
  if (known === null) throw new Fault('no_such_schedule', `there is no schedule ${schedule}`);
  if (user !== null) throw new Fault('schedule_used', `door ${user} keeps schedule ${schedule}: edit the door first`);
  return { writes: [{ key: scheduleKey(schedule), value: null }] };
}

/** The first door that names the schedule, or null. */
async function doorWith(state: State, schedule: string): Promise<string | null> {
  for await (const { name, value } of rowsUnder(state, doorKey(''))) {
    if (schedulesOf(parseDoor(asObject(value, name))).includes(schedule)) return name;
  }
  return null;
}

/** Command `holiday.set {day, title}`: makes or replaces it. Codes: bad_day, bad_text. */
export async function setHoliday({ body }: Call): Promise<Outcome> {
  const title = plainText(body, 'title', TITLE_POINTS_MAX);
  const day = text(body, 'day');
  if (!isIsoDate(day)) throw new Fault('bad_day', `a day is YYYY-MM-DD and exists, not ${day}`);
  return { writes: [{ key: holidayKey(day), value: { title } }] };
}

/** Command `holiday.remove {day}`. Code: no_such_holiday. */
export async function removeHoliday({ body }: Call, state: State): Promise<Outcome> {
  const day = text(body, 'day');
  // What is no day must not become a key.
  const known = isIsoDate(day) ? await state.read(holidayKey(day)) : null;
  if (known === null) throw new Fault('no_such_holiday', `${day} is no holiday`);
  return { writes: [{ key: holidayKey(day), value: null }] };
}

/** Command `space.set {zone}`: a POSIX TZ rule. Code: bad_zone. */
export async function setSpace({ body }: Call): Promise<Outcome> {
  const zone = text(body, 'zone');
  parseZone(zone);
  return { writes: [{ key: SPACE_KEY, value: { zone } }] };
}
