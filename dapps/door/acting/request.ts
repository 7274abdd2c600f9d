import type { AgentNode } from '../../sdk/agent-node.ts';
import { Fault } from '../../sdk/fault.ts';
import { id, text } from '../../sdk/fields.ts';
import type { Json, JsonObject } from '../../sdk/json.ts';
import type { Moment } from '../../sdk/moment.ts';
import { readDoorSide } from '../door-side.ts';
import { LOCKDOWN_PREFIX } from '../keys.ts';
import { standingEntries } from '../standing-denials.ts';
import type { ExitButtons } from './exits.ts';
import type { Keeper } from './keeper.ts';
import type { Memory } from './memory.ts';
import { openDoor } from './opening.ts';
import type { Releases } from './releases.ts';
import { sayEvent } from './shown.ts';

/**
 * Request `open {door, by, event?}`: someone at the console opens a door once, at any hour, and it is written down as
 * theirs. What a person has said against this door or all holds against it too. The answer is `{door, pulse}`, or
 * `fault`, the code with which the output refused. Codes: no_such_door, lockdown, disabled.
 */
export async function answerOpen(
  params: JsonObject,
  at: Moment,
  node: AgentNode,
  { memory, releases }: { readonly memory: Memory; readonly releases: Releases },
): Promise<Json> {
  const door = id(params, 'door');
  const by = text(params, 'by');
  const event = params.event === undefined ? {} : { event: text(params, 'event') };
  const { value } = await memory.steadily(async () =>
    Promise.all([readDoorSide(node, Promise.resolve(door)), standingEntries(node, LOCKDOWN_PREFIX)]),
  );
  const [{ found, disabled }, lockdown] = value;
  if (found === null) throw new Fault('no_such_door', `there is no door ${door}`);
  if (lockdown.length > 0)
    throw new Fault('lockdown', `the space is locked down by ${lockdown.join(', ')}: end that first`);
  if (disabled.length > 0)
    throw new Fault('disabled', `door ${door} is disabled by ${disabled.join(', ')}: enable it first`);
  const opening = await openDoor(node, found, releases);
  await node.append('opened', { door, by, rule: 'request', ...opening, ...event, clock: at.quality });
  await sayEvent(node, { type: 'opened', door, by });
  return { door, ...opening };
}

/**
 * Request `shut {door, by}`: ends at once what a badge or a person has opened. The answer is `{door}`. What holds a
 * door open for a reason of its own goes on: an exit button that is pressed (`exit_pressed`), and hours in which the
 * door is kept open (`kept_open`). Codes: no_such_door, these two, and those of the output.
 */
export async function answerShut(
  params: JsonObject,
  node: AgentNode,
  { exits, keeper }: { readonly exits: ExitButtons; readonly keeper: Keeper },
): Promise<Json> {
  const door = id(params, 'door');
  const by = text(params, 'by');
  const { found } = await readDoorSide(node, Promise.resolve(door));
  if (found === null) throw new Fault('no_such_door', `there is no door ${door}`);
  if (exits.doors.includes(door))
    throw new Fault('exit_pressed', `the exit button of ${door} is pressed: a way out is free`);
  if (keeper.keeps(door)) throw new Fault('kept_open', `door ${door} is in its open hours: disable it to shut it now`);
  await node.release(found.door.output);
  await sayEvent(node, { type: 'shut', door, by });
  return { door };
}
