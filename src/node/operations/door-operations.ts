import type { Json, JsonObject } from '../../base/json.ts';
import { idText } from '../../format/ids.ts';
import type { OperationContext, Operations } from './operation.ts';
import { textOf } from './params.ts';

export const DOOR_OPERATIONS: Operations = Object.freeze({
  'door.add': addDoor,
  'door.list': ({ space }, params) => space.query('door', 'doors', params),
});

/** A door, and with `hours` the schedule of the same name that it keeps. */
async function addDoor({ space }: OperationContext, params: JsonObject): Promise<Json> {
  const { door, hours, zone, ...rest } = params;
  if (hours === undefined) {
    const { block } = await space.command('door', 'door.add', { ...rest, door: door ?? null, schedule: null });
    return { door: door ?? null, schedule: null, block: idText(block) };
  }
  const schedule = textOf(params, 'door');
  await space.command('door', 'schedule.set', { schedule, zone: zone ?? null, hours });
  const { block } = await space.command('door', 'door.add', { ...rest, door: schedule, schedule });
  return { door: schedule, schedule, block: idText(block) };
}
