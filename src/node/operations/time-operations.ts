import type { Json, JsonObject } from '../../base/json.ts';
import { idText } from '../../format/ids.ts';
import type { OperationContext, Operations } from './operation.ts';

const DOOR = 'door';

/** Schedules, holidays and the time zone of the space, which dapp `door` keeps. */
export const TIME_OPERATIONS: Operations = Object.freeze({
  'schedule.set': (context, params) => order(context, 'schedule.set', params),
  'schedule.list': ({ space }, params) => space.query(DOOR, 'schedules', params),
  'schedule.remove': (context, params) => order(context, 'schedule.remove', params),
  'holiday.set': (context, params) => order(context, 'holiday.set', params),
  'holiday.list': ({ space }, params) => space.query(DOOR, 'holidays', params),
  'holiday.remove': (context, params) => order(context, 'holiday.remove', params),
  'zone.set': (context, params) => order(context, 'space.set', params),
  'zone.show': ({ space }, params) => space.query(DOOR, 'space', params),
  'zone.offsets': ({ space }, params) => space.query(DOOR, 'offsets', params),
});

async function order({ space }: OperationContext, kind: string, params: JsonObject): Promise<Json> {
  const { block } = await space.command(DOOR, kind, params);
  return { ...params, block: idText(block) };
}
