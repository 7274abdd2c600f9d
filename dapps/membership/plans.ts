import type { Call, Outcome } from '../sdk/contract.ts';
import { Fault } from '../sdk/fault.ts';
import { boolean, id, integer, text } from '../sdk/fields.ts';
import type { State } from '../sdk/state.ts';
import { PLANS_MAX } from './caps.ts';
import { memberKey, planKey } from './keys.ts';
import type { GivenPlan, Member } from './members.ts';
import { asMember, checkRange, MS_MAX, memberOf, parseEnd, refuseGuest } from './members.ts';
import { cleanName } from './names.ts';

const GRACE_DAYS_MAX = 366;

/**
 * Command `plan.set {plan, title, graceDays, family}`: makes or changes a plan. Those who have it keep it, under its
 * new terms. Codes: bad_id, bad_name (the title).
 */
export async function setPlan({ body }: Call): Promise<Outcome> {
  const value = {
    title: cleanName(text(body, 'title')),
    graceDays: integer(body, 'graceDays', 0, GRACE_DAYS_MAX),
    family: boolean(body, 'family'),
  };
  return { writes: [{ key: planKey(id(body, 'plan')), value }] };
}

/**
 * Command `plan.give {member, plan, from, until}`: replaces an earlier one of the same plan. Whoever has a plan is not
 * a permanent member.
 * Codes: no_such_member, no_such_plan, is_guest, too_many_plans, bad_dates, bad_id.
 */
export async function givePlan({ body }: Call, state: State): Promise<Outcome> {
  const [member, plan] = [id(body, 'member'), id(body, 'plan')];
  const given: GivenPlan = { plan, from: integer(body, 'from', 0, MS_MAX), until: parseEnd(body) };
  checkRange(given.from, given.until);
  const [known, planned] = await Promise.all([state.read(memberKey(member)), state.read(planKey(plan))]);
  const record = asMember(known, member);
  if (planned === null) throw new Fault('no_such_plan', `there is no plan ${plan}`);
  refuseGuest(record, member);
  const others = record.plans.filter((one) => one.plan !== plan);
  if (others.length >= PLANS_MAX) throw new Fault('too_many_plans', `${member} has ${PLANS_MAX} plans already`);
  return withPlans(member, record, [...others, given]);
}

/**
 * Command `plan.take {member, plan}`. Whoever has no plan left, and is not covered by their family, is in order no more:
 * a permanent member they become by `member.edit` alone. Codes: no_such_member, plan_not_held, bad_id.
 */
export async function takePlan({ body }: Call, state: State): Promise<Outcome> {
  const [member, plan] = [id(body, 'member'), id(body, 'plan')];
  const record = await memberOf(state, member);
  const others = record.plans.filter((one) => one.plan !== plan);
  if (others.length === record.plans.length) throw new Fault('plan_not_held', `${member} does not have plan ${plan}`);
  return withPlans(member, record, others);
}

function withPlans(member: string, record: Member, plans: readonly GivenPlan[]): Outcome {
  const sorted = [...plans].sort((a, b) => (a.plan < b.plan ? -1 : 1));
  return { writes: [{ key: memberKey(member), value: { ...record, permanent: false, plans: sorted } }] };
}
