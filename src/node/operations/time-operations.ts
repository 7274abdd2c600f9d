import { DOOR, orderDoor } from './door-order.ts';
import type { Operations } from './operation.ts';

/** Schedules, holidays and the time zone of the space, which dapp `door` keeps. */
export const TIME_OPERATIONS: Operations = Object.freeze({
  'schedule.set': ({ space }, params) => orderDoor(space, 'schedule.set', params),
  'schedule.list': ({ space }, params) => space.query(DOOR, 'schedules', params),
  'schedule.remove': ({ space }, params) => orderDoor(space, 'schedule.remove', params),
  'holiday.set': ({ space }, params) => orderDoor(space, 'holiday.set', params),
  'holiday.list': ({ space }, params) => space.query(DOOR, 'holidays', params),
  'holiday.remove': ({ space }, params) => orderDoor(space, 'holiday.remove', params),
  'zone.set': ({ space }, params) => orderDoor(space, 'space.set', params),
  'zone.show': ({ space }, params) => space.query(DOOR, 'space', params),
  'zone.offsets': ({ space }, params) => space.query(DOOR, 'offsets', params),
});
