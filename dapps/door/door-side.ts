import { asObject, integer, text } from '../sdk/fields.ts';
import type { Json } from '../sdk/json.ts';
import { isJsonObject } from '../sdk/json.ts';
import type { Moment } from '../sdk/moment.ts';
import type { State } from '../sdk/state.ts';
import { parseZone } from '../sdk/zone.ts';
import type { Calendar } from './decision/calendar.ts';
import { dayOf } from './decision/calendar.ts';
import type { Evidence } from './decision/evidence.ts';
import { type Door, type NamedDoor, parseDoor, schedulesOf } from './door-record.ts';
import { alarmKey, disabledPrefix, doorKey, holidayKey, SPACE_KEY, scheduleKey } from './keys.ts';
import { parseSchedule, type Schedule, ZONE_DEFAULT } from './schedule-record.ts';
import { standingEntries } from './standing-denials.ts';

/** What the door itself depends on, whoever stands there. */
export interface DoorSide extends Pick<Evidence, 'disabled' | 'welded' | 'schedules' | 'restoredAsOfMs'> {
  readonly found: NamedDoor | null;
}

/** Also what keep-open hours and the console ask. `reader` is known beforehand where a card was presented to it. */
export async function readDoorSide(state: State, naming: Promise<string | null>, reader?: string): Promise<DoorSide> {
  const name = await naming;
  if (name === null) return { ...NO_DOOR, disabled: [], welded: false };
  const [rest, disabled, alarm] = await Promise.all([
    Promise.all([state.read(doorKey(name)), reader === undefined ? null : readNode(state, reader)]).then(
      ([record, node]) => readParts(state, name, record, node),
    ),
    standingEntries(state, disabledPrefix(name)),
    state.read(alarmKey(name, 'welded')),
  ]);
  return { ...rest, disabled, welded: alarm !== null };
}

const NO_DOOR = { found: null, schedules: new Map<string, Schedule>(), restoredAsOfMs: null };

async function readParts(
  state: State,
  name: string,
  record: Json,
  node: string | null,
): Promise<Omit<DoorSide, 'disabled' | 'welded'>> {
  if (record === null) return NO_DOOR;
  const door = parseDoor(asObject(record, 'the door'));
  const [schedules, restoredAsOfMs] = await Promise.all([
    readSchedules(state, schedulesOf(door)),
    readRestored(state, door, node),
  ]);
  return { found: { name, door }, schedules, restoredAsOfMs };
}

export async function readCalendar(state: State, at: Moment): Promise<Calendar> {
  const record = await state.read(SPACE_KEY);
  const zone = parseZone(record === null ? ZONE_DEFAULT : text(asObject(record, 'the space'), 'zone'));
  const day = dayOf(zone, at.ms);
  return { zone, holiday: (await state.read(holidayKey(day))) === null ? null : day };
}

async function readSchedules(state: State, names: readonly string[]): Promise<ReadonlyMap<string, Schedule>> {
  const records = await Promise.all(names.map(async (name) => [name, await state.read(scheduleKey(name))] as const));
  return new Map(
    records.flatMap(([name, record]) =>
      record === null ? [] : [[name, parseSchedule(asObject(record, 'a schedule'))] as const],
    ),
  );
}

/** The board that has announced a device, or null. */
async function readNode(state: State, device: string): Promise<string | null> {
  const record = await state.read(`device/${device}`, 'mesh');
  return isJsonObject(record) && typeof record.node === 'string' ? record.node : null;
}

async function readRestored(state: State, door: Door, node: string | null): Promise<number | null> {
  if (door.staleMs === null) return null;
  const board = node ?? (await readNode(state, door.reader));
  const record = board === null ? null : await state.read(`restored/${board}`, 'mesh');
  return record === null ? null : integer(asObject(record, 'restored'), 'asOfMs', 0, Number.MAX_SAFE_INTEGER);
}
