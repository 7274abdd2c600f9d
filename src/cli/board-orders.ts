import { toHex } from '../base/bytes.ts';
import { CodedError, codeOf, messageOf } from '../base/errors.ts';
import { isJsonObject, type JsonObject } from '../base/json.ts';
import { type CardNote, noteOf } from '../node/board/card-note.ts';
import type { BoardSettings, DoorOrder } from '../node/board/settings.ts';
import { systemRandomness } from '../node/system.ts';
import { DOOR_BITS_DEFAULT } from './narrow-card-text.ts';
import type { Session } from './session.ts';

const OPEN_MS = 3_000;
const GLASS_ID_BYTES = 4;

/** Whether the card has asked for something of the space that is not done yet. */
export function hasOrders({ space, door }: BoardSettings): boolean {
  return space.badge !== undefined || (space.break_glass ?? []).length > 0 || Object.keys(door).length > 0;
}

/**
 * Does what the card asks of the space: its admin with a card, break-glass cards, doors that are not there. Idempotent:
 * what a power cut left undone is done at the next import.
 * @returns the settings without what is done, and what could not be done.
 */
export async function obeyOrders(
  session: Session,
  settings: BoardSettings,
): Promise<{ readonly settings: BoardSettings; readonly notes: readonly CardNote[] }> {
  const notes: CardNote[] = [];
  const tried = async (task: () => Promise<void>): Promise<boolean> => {
    try {
      await task();
      return true;
    } catch (error) {
      notes.push(noteOf(error));
      return false;
    }
  };
  const { badge, break_glass = [], ...space } = settings.space;
  const isAdminDone = await tried(() => enrolAdmin(session, space.admin, badge));
  const glassLeft: string[] = [];
  for (const number of break_glass) {
    if (!(await tried(() => addGlass(session, number)))) glassLeft.push(number);
  }
  const doorsLeft: [string, DoorOrder][] = [];
  for (const [name, order] of Object.entries(settings.door)) {
    const isDone = await tried(async () => {
      checkWired(name, order, settings.node);
      await addDoor(session, name, order);
    });
    if (!isDone) doorsLeft.push([name, order]);
  }
  const doors = Object.keys(settings.door).filter((name) => !doorsLeft.some(([left]) => left === name));
  return {
    settings: {
      ...settings,
      space: {
        ...space,
        ...(badge === undefined || isAdminDone ? {} : { badge }),
        ...(glassLeft.length === 0 ? {} : { break_glass: glassLeft }),
      },
      door: Object.fromEntries(doorsLeft),
      doorsDone: [...settings.doorsDone, ...doors],
    },
    notes,
  };
}

/** Whoever can write the card can make somebody an admin, for they hold the keys of this board in their hand anyway. */
async function enrolAdmin(session: Session, name: string | undefined, number: string | undefined): Promise<void> {
  if (name === undefined || number === undefined) return;
  const known = await memberNamed(session, name);
  if (known === null) await session.call('member.add', { name, roles: ['admin'] });
  else if (!roles(known).includes('admin')) {
    await session.call('member.edit', { member: name, roles: [...roles(known), 'admin'] });
  }
  const { member = null } = (await memberNamed(session, name)) ?? {};
  try {
    await session.call('badge.enrol', { member: name, number, label: 'first card' });
  } catch (error) {
    const isTheirs = error instanceof CodedError && error.code === 'badge_taken' && error.fields.member === member;
    if (!isTheirs) throw error;
  }
}

async function memberNamed(session: Session, name: string): Promise<JsonObject | null> {
  try {
    const found = await session.call('member.show', { member: name });
    return isJsonObject(found) ? found : null;
  } catch (error) {
    if (codeOf(error) === 'no_such_member') return null;
    throw error;
  }
}

function roles({ roles: given }: JsonObject): readonly string[] {
  return Array.isArray(given) ? given.map(String) : [];
}

async function addGlass(session: Session, number: string): Promise<void> {
  try {
    const card = `g-${toHex(systemRandomness.bytes(GLASS_ID_BYTES))}`;
    await session.call('glass.add', { card, number, label: 'by the card file' });
  } catch (error) {
    if (codeOf(error) !== 'badge_taken' || !messageOf(error).includes('break-glass')) throw error;
  }
}

async function addDoor(session: Session, door: string, order: DoorOrder): Promise<void> {
  const { reader, output, title, open_ms, bits, exit_button, contact, held_ms } = order;
  const given = Object.entries({ title, exit: exit_button, contact, heldMs: held_ms });
  try {
    await session.call('door.add', {
      door,
      reader,
      output,
      openMs: open_ms ?? OPEN_MS,
      bits: bits ?? DOOR_BITS_DEFAULT,
      ...Object.fromEntries(given.filter(([, value]) => value !== undefined)),
    });
  } catch (error) {
    if (codeOf(error) !== 'door_exists') throw error;
  }
}

/** A door waits until what it names is on the card too. @throws door_unwired. */
function checkWired(door: string, { reader, output, exit_button, contact }: DoorOrder, node: JsonObject): void {
  const has = (name: string, sections: readonly string[]) =>
    sections.some((section) => isJsonObject(node[section]) && Object.hasOwn(node[section], name));
  const inputs = [exit_button, contact].filter((name) => name !== undefined);
  const missing = [
    ...(has(reader, ['reader']) ? [] : [`[reader.${reader}]`]),
    ...(has(output, ['output', 'relay']) ? [] : [`[output.${output}]`]),
    ...inputs.filter((name) => !has(name, ['input'])).map((name) => `[input.${name}]`),
  ];
  if (missing.length === 0) return;
  throw new CodedError(
    'door_unwired',
    `door ${door} is not added yet: blockmesh.toml has no ${missing.join(' and no ')}`,
    {
      fields: { door },
      advice: 'Write it into blockmesh.toml on the card, with the pins it is wired to.',
    },
  );
}
