import { codeOf } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { findMember } from './member-lookup.ts';
import type { OperationContext } from './operation.ts';
import { integerOf, textOf } from './params.ts';

/**
 * `{door, member, badge?, at?}`: whether the door would let the member in at `at` (ms since 1970; absent: now), and
 * why not. For a time that is over, by the state as it was then: what has been said since does not count.
 * A past time is taken as known, whatever the clock's quality was at that time.
 */
export async function askWhy({ space }: OperationContext, params: JsonObject): Promise<Json> {
  const door = textOf(params, 'door');
  await space.fold.settled();
  const now = space.clock.now();
  const ms = params.at === undefined ? now.wallMs : integerOf(params, 'at');
  const isPast = ms < now.wallMs;
  const state = isPast ? space.stateAt(ms) : space.state;
  const wanted = textOf(params, 'member');
  // One who was called otherwise then, or came later, is found by the name of now.
  const { member, name } = await findMember(space, wanted, state).catch((error: unknown) => {
    if (codeOf(error) !== 'no_such_member') throw error;
    return findMember(space, wanted);
  });
  const badge = params.badge === undefined ? {} : { badge: textOf(params, 'badge') };
  const at = { ms, quality: params.at === undefined ? now.quality : 'synced' };
  const answer = await space.query('door', 'why', { door, member, ...badge, at }, state);
  return { door, name, at: ms, isPast, ...(isJsonObject(answer) ? answer : {}) };
}
