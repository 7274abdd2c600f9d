import { CodedError } from '../../base/errors.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import type { OperationContext, Operations } from './operation.ts';
import { textOf } from './params.ts';
import { MEMBERSHIP, order, personNamed } from './people.ts';

export const PLAN_OPERATIONS: Operations = Object.freeze({
  'plan.set': ({ space }, params) => order(space, 'plan.set', params, { plan: params.plan ?? null }),
  'plan.list': ({ space }, params) => space.query(MEMBERSHIP, 'plans', params),
  'plan.give': givePlan,
  'plan.take': takePlan,
  'family.set': setFamily,
  'family.list': ({ space }, params) => space.query(MEMBERSHIP, 'families', params),
  'family.remove': ({ space }, params) => order(space, 'family.remove', params, { family: params.family ?? null }),
});

/** `{member, plan, from?, until?}`; `from` is now where it is absent, `until` null where there is no end. */
async function givePlan({ space }: OperationContext, params: JsonObject): Promise<Json> {
  const { member, name } = await personNamed(space, textOf(params, 'member'));
  const plan = textOf(params, 'plan');
  const { from = space.clock.now().wallMs, until = null } = params;
  const given = { member, plan, from: wholeSeconds(from), until: wholeSeconds(until) };
  return await order(space, 'plan.give', given, { ...given, name });
}

/**
 * `{member, plan, permanent?}`. Whoever has no plan is a permanent member, so the last one is not taken by the way.
 * @throws last_plan.
 */
async function takePlan({ space }: OperationContext, params: JsonObject): Promise<Json> {
  const { member, name, plans } = await personNamed(space, textOf(params, 'member'));
  const plan = textOf(params, 'plan');
  const isLast = plans.length === 1 && plans[0]?.plan === plan;
  if (isLast && params.permanent !== true) {
    throw new CodedError('last_plan', `${plan} is the only plan of ${name}, who would be a permanent member without`, {
      fields: { member, plan },
      advice: 'End it with `blockmesh plan give … --until`, or say --permanent.',
    });
  }
  return await order(space, 'plan.take', { member, plan }, { member, name, plan, left: isLast ? 0 : plans.length - 1 });
}

async function setFamily({ space }: OperationContext, params: JsonObject): Promise<Json> {
  const { member: head, name } = await personNamed(space, textOf(params, 'member'));
  const [family, title] = [textOf(params, 'family'), textOf(params, 'title')];
  return await order(space, 'family.set', { family, title, head }, { family, title, head, name });
}

/** Plans begin and end on whole seconds, so that a time that was read from a table and one in the state are the same. */
export function wholeSeconds(ms: Json): Json {
  return typeof ms === 'number' ? ms - (ms % 1_000) : ms;
}
