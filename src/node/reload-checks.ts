import { CodedError } from '../base/errors.ts';
import { isJsonObject, type JsonObject } from '../base/json.ts';
import { RELOAD_DOOR_PAGES_MAX } from '../base/limits.ts';
import { deviceKey, MESH } from '../ledger/mesh/keys.ts';
import type { DeviceChanges } from './config-changes.ts';
import { DOOR } from './operations/door-order.ts';
import type { Space } from './space.ts';

/** So many doors fit in a line, with their rules and what stands against them. */
const DOORS_A_PAGE = 64;

/** Fields of a door that name a device, and what that device is to it. */
const ROLES: readonly (readonly [field: string, words: string])[] = [
  ['reader', 'reader'],
  ['output', 'output'],
  ['exit', 'exit button'],
  ['contact', 'contact'],
  ['tamper', 'tamper switch'],
  ['bell', 'bell'],
];

/** Everything of another configuration that the ledger stands against; nothing: it may be taken up. */
export async function ledgerReasons(space: Space, changes: DeviceChanges): Promise<readonly CodedError[]> {
  await space.fold.settled();
  const sections = Object.values(changes);
  const added = sections.flatMap((section) => section.added);
  const removed = sections.flatMap((section) => section.removed);
  const elsewhere = [...new Set(added)].filter((name) => boardOf(space, name) === 'another').map(elsewhereError);
  return [...elsewhere, ...(removed.length === 0 ? [] : await inUse(space, removed))];
}

export function restartReason(keys: readonly string[]): CodedError {
  const listed = keys.join(', ');
  return new CodedError('config_needs_restart', `${listed}: only a new start of the node takes that up`, {
    fields: { keys: listed },
    advice: 'Start the node again, or put back what was there and reload.',
  });
}

/** One error for all reasons: with their code where they share one. */
export function refusal(reasons: readonly CodedError[]): CodedError | null {
  const [first] = reasons;
  if (first === undefined || reasons.length === 1) return first ?? null;
  const codes = [...new Set(reasons.map(({ code }) => code))];
  const advice = [...new Set(reasons.flatMap((reason) => reason.advice ?? []))].join(' ');
  const message = `${reasons.length} reasons against it: ${reasons.map((reason) => reason.message).join('; ')}`;
  return new CodedError(codes.length === 1 ? first.code : 'config_refused', message, {
    fields: { codes: codes.join(', ') },
    ...(advice === '' ? {} : { advice }),
  });
}

function boardOf(space: Space, device: string): 'this' | 'another' | 'none' {
  const known = space.state.read(MESH, deviceKey(device));
  if (!isJsonObject(known)) return 'none';
  return known.node === space.nodeKey ? 'this' : 'another';
}

function elsewhereError(device: string): CodedError {
  return new CodedError('device_elsewhere', `another board of this space has a device named ${device}`, {
    fields: { device },
    advice: 'Give it another name: names are unique in a space.',
  });
}

async function inUse(space: Space, removed: readonly string[]): Promise<readonly CodedError[]> {
  const doors = await doorsOf(space);
  // A door of another board may name a device that only had the name here.
  const ours = new Set(removed.filter((name) => boardOf(space, name) !== 'another'));
  return doors.flatMap((record) =>
    ROLES.flatMap(([field, words]) => {
      const [device, door] = [record[field], String(record.door)];
      if (typeof device !== 'string' || !ours.has(device)) return [];
      const message = `${device} is the ${words} of door ${door}, so it cannot be removed`;
      const advice = 'Take it away from that door first, by `blockmesh door edit` or `door remove`.';
      return [new CodedError('device_in_use', message, { fields: { device, door, role: words }, advice })];
    }),
  );
}

/** Every door of the space; none where nobody has brought dapp door. */
async function doorsOf(space: Space): Promise<readonly JsonObject[]> {
  if (space.dapps.find(DOOR) === undefined) return [];
  const all: JsonObject[] = [];
  for (let page = 0; page < RELOAD_DOOR_PAGES_MAX; page += 1) {
    const after = all.at(-1)?.door;
    const answer = (await space.query(DOOR, 'doors', {
      limit: DOORS_A_PAGE,
      ...(after === undefined ? {} : { after }),
    })) as JsonObject;
    all.push(...(answer.doors as readonly JsonObject[]));
    if (answer.more !== true) return all;
  }
  throw new CodedError('too_many_doors', `over ${all.length} doors: nobody can say which of them use what is removed`, {
    advice: 'Start the node again to take up the configuration.',
  });
}
