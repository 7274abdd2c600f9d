import { asObject, integer, text } from '../sdk/fields.ts';
import type { Json } from '../sdk/json.ts';
import { isJsonObject } from '../sdk/json.ts';
import type { Moment } from '../sdk/moment.ts';
import type { State } from '../sdk/state.ts';
import { parseZone } from '../sdk/zone.ts';
import { type Candidates, identify, readCandidates } from './card.ts';
import type { Calendar } from './decision/calendar.ts';
import { dayOf } from './decision/calendar.ts';
import type { Card, Evidence, Tries } from './decision/evidence.ts';
import { type Door, type NamedDoor, parseDoor, schedulesOf } from './door-record.ts';
import {
  disabledPrefix,
  doorKey,
  holidayKey,
  LOCKDOWN_PREFIX,
  passKey,
  readerKey,
  SPACE_KEY,
  scheduleKey,
  triesKey,
} from './keys.ts';
import { parseSchedule, type Schedule, ZONE_DEFAULT } from './schedule-record.ts';
import { standingEntries } from './standing-denials.ts';
import type { View } from './views.ts';

/**
 * Reads all that a decision needs. Someone stands at the door, and each look-up that waits for another costs a round
 * trip: the chains of look-ups (door, card, calendar) run side by side, three rounds long, five where the plan of a
 * family's head counts.
 */

/** What is presented: a card's views, and the PIN typed with it, if any. */
export interface Shown {
  readonly views: readonly View[];
  readonly pin: readonly View[] | null;
}

/** For a presentation at this reader. */
export async function gatherAtReader(state: State, reader: string, shown: Shown, at: Moment): Promise<Evidence> {
  const name = state.read(readerKey(reader)).then((door) => (door === null ? null : text({ door }, 'door')));
  return gather(state, readDoorSide(state, name, reader), readCandidates(state, shown.views), shown, at);
}

/** For a presentation at the reader of this door. */
export async function gatherAtDoor(state: State, name: string, shown: Shown, at: Moment): Promise<Evidence> {
  return gather(state, readDoorSide(state, Promise.resolve(name)), readCandidates(state, shown.views), shown, at);
}

/** For a card that is known beforehand, its PIN taken as right. */
export async function gatherForCard(state: State, name: string, card: Promise<CardAt>, at: Moment): Promise<Evidence> {
  return gather(state, readDoorSide(state, Promise.resolve(name)), card, { pin: 'right' }, at);
}

/** Makes out what the card is to a door that takes views of at least `bits`. */
export type CardAt = (bits: number) => Card;

/** What the door itself depends on, whoever stands there. */
export interface DoorSide extends Pick<Evidence, 'disabled' | 'schedules' | 'restoredAsOfMs'> {
  readonly found: NamedDoor | null;
}

async function gather(
  state: State,
  doorReading: Promise<DoorSide>,
  cardReading: Promise<Candidates | CardAt>,
  { pin }: Pick<Evidence, 'pin'>,
  at: Moment,
): Promise<Evidence> {
  const [[side, card, trace], calendar, lockdown] = await Promise.all([
    Promise.all([doorReading, cardReading]).then(async ([side, candidates]) => {
      const bits = side.found?.door.bits ?? 0;
      const card = typeof candidates === 'function' ? candidates(bits) : identify(candidates, bits);
      return [side, card, await readTrace(state, side.found?.door ?? null, card)] as const;
    }),
    readCalendar(state, at),
    standingEntries(state, LOCKDOWN_PREFIX),
  ]);
  return { at, ...side, card, calendar, lockdown, ...trace, pin, waiting: null };
}

/** Also what keep-open hours and the console ask. `reader` is known beforehand where a card was presented to it. */
export async function readDoorSide(state: State, naming: Promise<string | null>, reader?: string): Promise<DoorSide> {
  const name = await naming;
  if (name === null) return { ...NO_DOOR, disabled: [] };
  const [rest, disabled] = await Promise.all([
    Promise.all([state.read(doorKey(name)), reader === undefined ? null : readNode(state, reader)]).then(
      ([record, node]) => readParts(state, name, record, node),
    ),
    standingEntries(state, disabledPrefix(name)),
  ]);
  return { ...rest, disabled };
}

const NO_DOOR = { found: null, schedules: new Map<string, Schedule>(), restoredAsOfMs: null };

async function readParts(
  state: State,
  name: string,
  record: Json,
  node: string | null,
): Promise<Omit<DoorSide, 'disabled'>> {
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

/** What earlier presentations left behind: passages and wrong PINs. */
async function readTrace(
  state: State,
  door: Door | null,
  card: Card,
): Promise<{ readonly passMs: number | null; readonly tries: Tries | null }> {
  if (door === null || card.type !== 'member') return { passMs: null, tries: null };
  const { member, badge } = card.person;
  const [pass, tries] = await Promise.all([
    door.passback === null ? null : state.read(passKey(door.passback.area, member)),
    door.pin && badge !== null ? state.read(triesKey(member, badge)) : null,
  ]);
  return { passMs: pass === null ? null : msOf(pass), tries: parseTries(tries) };
}

function msOf(record: Json): number {
  return integer(asObject(record, 'a record'), 'ms', 0, Number.MAX_SAFE_INTEGER);
}

export function parseTries(record: Json): Tries | null {
  if (record === null) return null;
  const from = asObject(record, 'the tries');
  return { count: integer(from, 'count', 0, Number.MAX_SAFE_INTEGER), ms: msOf(from) };
}
