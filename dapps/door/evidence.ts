import { asObject, text } from '../sdk/fields.ts';
import type { Json } from '../sdk/json.ts';
import type { Moment } from '../sdk/moment.ts';
import type { State } from '../sdk/state.ts';
import type { Evidence, Holder } from './decision.ts';
import type { Door, View } from './records.ts';
import { doorKey, parseDoor, parseSchedule, readerKey, scheduleKey } from './records.ts';

const MEMBERSHIP = 'membership';

interface DoorFound {
  readonly name: string;
  readonly door: Door;
}

/** The door with this name, or null. */
export async function doorNamed(state: State, name: string): Promise<DoorFound | null> {
  const record = await state.read(doorKey(name));
  return record === null ? null : { name, door: parseDoor(asObject(record, 'the door')) };
}

/** The door this reader belongs to, or null. */
export async function doorOfReader(state: State, reader: string): Promise<DoorFound | null> {
  const name = await state.read(readerKey(reader));
  return name === null ? null : doorNamed(state, text({ name }, 'name'));
}

/**
 * Reads all that a decision needs. The card and the door are looked up side by side: someone stands at the door, and
 * each look-up that waits for another costs a round trip.
 */
export async function gather(
  state: State,
  finding: Promise<DoorFound | null>,
  views: readonly View[],
  at: Moment,
): Promise<{ readonly found: DoorFound | null; readonly evidence: Evidence }> {
  const [withSchedule, card] = await Promise.all([
    finding.then(async (found) => ({ found, schedule: await readSchedule(state, found?.door.schedule ?? null) })),
    readCard(state, views),
  ]);
  const { found, schedule } = withSchedule;
  return { found, evidence: { door: found?.door ?? null, views, ...card, schedule, at } };
}

async function readSchedule(state: State, name: string | null): Promise<Evidence['schedule']> {
  const record = name === null ? null : await state.read(scheduleKey(name));
  return record === null ? null : parseSchedule(asObject(record, 'the schedule'));
}

async function readCard(state: State, views: readonly View[]): Promise<Pick<Evidence, 'holders' | 'members'>> {
  const records = await Promise.all(
    views.map(({ epoch, bits, hash }) => state.read(`badge/${epoch}/${bits}/${hash}`, MEMBERSHIP)),
  );
  const holders = records.map(parseHolder);
  const named = [...new Set(holders.flatMap((holder) => (holder === null ? [] : [holder.member])))];
  const known = await Promise.all(named.map((member) => state.read(`member/${member}`, MEMBERSHIP)));
  return { holders, members: new Set(named.filter((_, i) => known[i] !== null)) };
}

function parseHolder(record: Json): Holder | null {
  if (record === null) return null;
  const holder = asObject(record, 'a badge record');
  return { member: text(holder, 'member'), badge: text(holder, 'badge') };
}
