import type { Call, Outcome } from '../../sdk/contract.ts';
import { Fault } from '../../sdk/fault.ts';
import { asObject, id, integer, text } from '../../sdk/fields.ts';
import { plainText } from '../../sdk/plain-text.ts';
import type { State } from '../../sdk/state.ts';
import { disabledPrefix, LOCKDOWN_PREFIX } from '../keys.ts';
import { existingDoor } from './doors.ts';

/**
 * Orders of a person that keep doors shut, each an object of its own: two who lock down for different reasons are
 * lifted one by one, and neither undoes the other's by accident.
 */

const REASON_POINTS_MAX = 256;

/** Command `door.disable {door, reason}`. Codes: no_such_door, bad_text. */
export async function disableDoor(call: Call, state: State): Promise<Outcome> {
  const door = id(call.body, 'door');
  await existingDoor(state, door);
  return make(call, disabledPrefix(door));
}

/**
 * Command `door.enable {door}`, with `re` the entry that disabled it. Works on a door that is gone, too.
 * Code: no_such_denial.
 */
export async function enableDoor(call: Call, state: State): Promise<Outcome> {
  return lift(call, state, disabledPrefix(id(call.body, 'door')));
}

/** Command `lockdown {reason}`: every door. Code: bad_text. */
export async function lockDown(call: Call): Promise<Outcome> {
  return make(call, LOCKDOWN_PREFIX);
}

/** Command `lockdown.end {}`, with `re` the entry that locked down. Code: no_such_denial. */
export async function endLockdown(call: Call, state: State): Promise<Outcome> {
  return lift(call, state, LOCKDOWN_PREFIX);
}

function make({ body, block, index, at }: Call, prefix: string): Outcome {
  const reason = plainText(body, 'reason', REASON_POINTS_MAX);
  return { writes: [{ key: `${prefix}${block}.${index}`, value: { reason, since: at.ms } }] };
}

async function lift({ re }: Call, state: State, prefix: string): Promise<Outcome> {
  if (re === null) throw new Fault('no_such_denial', 'a lift names the entry it lifts, and this one names none');
  const from = asObject(re, 're');
  const entry = `${text(from, 'block')}.${integer(from, 'index', 0, Number.MAX_SAFE_INTEGER)}`;
  const key = `${prefix}${entry}`;
  if ((await state.read(key)) === null) throw new Fault('no_such_denial', `nothing that ${entry} said stands here`);
  return { writes: [{ key, value: null }] };
}
