import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import type { OperationContext, Operations } from './operation.ts';
import { textOf } from './params.ts';
import { MEMBERSHIP, order, personNamed } from './people.ts';
import { coveredBy, kinOf, withoutPlan } from './without-plan.ts';

export const PLAN_OPERATIONS: Operations = Object.freeze({
  'plan.set': setPlan,
  'plan.list': ({ space }, params) => space.query(MEMBERSHIP, 'plans', params),
  'plan.give': givePlan,
  'plan.take': takePlan,
  'family.set': setFamily,
  'family.list': ({ space }, params) => space.query(MEMBERSHIP, 'families', params),
  'family.remove': ({ space }, params) => order(space, 'family.remove', params, { family: params.family ?? null }),
});

/** The body of `plan.set` → also `uncovers`: whether families were covered by it until now, and are no more. */
async function setPlan({ space }: OperationContext, params: JsonObject): Promise<Json> {
  const plan = textOf(params, 'plan');
  await space.fold.settled();
  const before = space.state.read(MEMBERSHIP, `plan/${plan}`);
  const uncovers = isJsonObject(before) && before.family === true && params.family !== true;
  return await order(space, 'plan.set', params, { plan, uncovers });
}

/**
 * `{member, plan, from?, until?}`; `from` is now where it is absent, `until` null where there is no end. → also whom that
 * leaves without any plan, as `withoutPlan` tells: a head who was permanent covered the household, and now the plan has to.
 */
async function givePlan({ space }: OperationContext, params: JsonObject): Promise<Json> {
  const { member, name } = await personNamed(space, textOf(params, 'member'));
  const plan = textOf(params, 'plan');
  const { from = space.clock.now().wallMs, until = null } = params;
  const given = { member, plan, from: wholeSeconds(from), until: wholeSeconds(until) };
  const result = await order(space, 'plan.give', given, { ...given, name });
  return { ...result, ...(await withoutPlan(space, coveredBy(space, member))) };
}

/** `{member, plan}` → also how many plans are left, and whom that leaves without any, as `withoutPlan` tells. */
async function takePlan({ space }: OperationContext, params: JsonObject): Promise<Json> {
  const { member, name, plans } = await personNamed(space, textOf(params, 'member'));
  const plan = textOf(params, 'plan');
  const left = plans.filter((one) => one.plan !== plan).length;
  const result = await order(space, 'plan.take', { member, plan }, { member, name, plan, left });
  return { ...result, ...(await withoutPlan(space, coveredBy(space, member))) };
}

/** `{family, title, member}`; `member` heads it → also whom that leaves without any plan, as `withoutPlan` tells. */
async function setFamily({ space }: OperationContext, params: JsonObject): Promise<Json> {
  const { member: head, name } = await personNamed(space, textOf(params, 'member'));
  const [family, title] = [textOf(params, 'family'), textOf(params, 'title')];
  const result = await order(space, 'family.set', { family, title, head }, { family, title, head, name });
  return { ...result, ...(await withoutPlan(space, [head, ...kinOf(space, family)])) };
}

/** Plans begin and end on whole seconds, so that a time that was read from a table and one in the state are the same. */
export function wholeSeconds(ms: Json): Json {
  return typeof ms === 'number' ? ms - (ms % 1_000) : ms;
}
