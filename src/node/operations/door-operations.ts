import { CodedError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { MESH, mqttKey } from '../../ledger/mesh/keys.ts';
import type { Space } from '../space.ts';
import { DOOR, orderDoor } from './door-order.ts';
import { nameMembers } from './member-lookup.ts';
import type { OperationContext, Operations } from './operation.ts';
import { textOf } from './params.ts';
import { liftAll } from './standing-denials.ts';
import { askWhy } from './why-operation.ts';

/** Where dapp `door` keeps what people have ordered. */
const LOCKDOWN_PREFIX = 'denial/all/';
/** So many doors fit in a line, with their rules and what stands against them. */
const OVERVIEW_ROWS = 64;
const disabledPrefix = (door: string) => `denial/door/${door}/`;

export const DOOR_OPERATIONS: Operations = Object.freeze({
  'door.add': addDoor,
  'door.list': ({ space }, params) => space.query(DOOR, 'doors', params),
  'door.show': ({ space }, params) => space.query(DOOR, 'door', params),
  'door.overview': overview,
  'door.edit': ({ space }, params) => orderDoor(space, 'door.edit', params),
  'door.remove': ({ space }, params) => orderDoor(space, 'door.remove', params),
  'door.disable': ({ space }, params) => orderDoor(space, 'door.disable', params),
  'door.enable': enableDoor,
  'door.alarm-clear': clearAlarm,
  'door.why': askWhy,
  'member.names': nameMembers,
  lockdown: ({ space }, params) => orderDoor(space, 'lockdown', params),
  'lockdown.end': endLockdown,
});

/** As `door.list`, with what each door showed last. */
async function overview({ space }: OperationContext, params: JsonObject): Promise<Json> {
  await space.fold.settled();
  const page = await space.query(DOOR, 'doors', { ...params, limit: OVERVIEW_ROWS });
  const { doors, more } = page as { readonly doors: readonly JsonObject[]; readonly more: boolean };
  const last = (door: JsonObject) => space.state.read(DOOR, `last/${String(door.door)}`);
  return { doors: doors.map((door) => ({ ...door, last: last(door) })), more };
}

/** A door, and with `hours` the schedule of the same name that everybody then keeps. */
async function addDoor({ space }: OperationContext, params: JsonObject): Promise<Json> {
  const { hours, zone, ...rest } = params;
  await refuseDeviceName(space, textOf(params, 'door'));
  if (hours === undefined) return await orderDoor(space, 'door.add', rest);
  const schedule = textOf(params, 'door');
  await orderDoor(space, 'schedule.set', { schedule, zone: zone ?? null, hours, holidays: false });
  return await orderDoor(space, 'door.add', { ...rest, schedule });
}

/** Nobody but us speaks at `<base>/<door>`, and there a generic device has its topics: it would fall silent. */
async function refuseDeviceName(space: Space, door: string): Promise<void> {
  await space.fold.settled();
  const device = space.state.read(MESH, mqttKey(door));
  if (!isJsonObject(device) || device.driver !== 'generic') return;
  throw new CodedError(
    'door_is_device',
    `${door} is the name of an MQTT device, whose topics would become the door's`,
    {
      fields: { door },
      advice: 'Give the door another name, or remove the device and add it under another.',
    },
  );
}

/** A door that is gone may still have orders to lift. */
async function enableDoor({ space }: OperationContext, params: JsonObject): Promise<Json> {
  const door = textOf(params, 'door');
  const lift = { dapp: DOOR, prefix: disabledPrefix(door), kind: 'door.enable', body: { door } };
  try {
    return await liftAll(space, { ...lift, none: `nothing has disabled door ${door}` });
  } catch (error) {
    // A slip in the name is told as such.
    if (error instanceof CodedError && error.code === 'not_denied') await space.query(DOOR, 'door', { door });
    throw error;
  }
}

/** A door that is gone may still have an alarm. */
async function clearAlarm({ space }: OperationContext, params: JsonObject): Promise<Json> {
  const door = textOf(params, 'door');
  try {
    return await orderDoor(space, 'alarm.clear', params);
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'no_such_alarm') throw error;
    await space.query(DOOR, 'door', { door });
    throw new CodedError(error.code, error.message, {
      fields: error.fields,
      advice: '`blockmesh door alarms` lists those that stand.',
    });
  }
}

async function endLockdown({ space }: OperationContext): Promise<Json> {
  const lift = { dapp: DOOR, prefix: LOCKDOWN_PREFIX, kind: 'lockdown.end', body: {} };
  return liftAll(space, { ...lift, none: 'there is no lockdown' });
}
