import { isWithinHours } from '../../sdk/hours.ts';
import type { Moment } from '../../sdk/moment.ts';
import type { Zone } from '../../sdk/zone.ts';
import { localTime } from '../../sdk/zone.ts';
import type { Guest } from '../membership.ts';
import type { Denial } from './denial.ts';
import type { CountedPlan, Person } from './evidence.ts';

/** `clock`: without a clock nobody knows. */
export type PlanState = 'valid' | 'early' | 'over' | 'clock';

/**
 * Whether a plan counts at that time: from `from` until `until` and its grace, the end not included. One without an
 * end needs no clock.
 */
export function planState({ from, until, graceMs }: CountedPlan, at: Moment): PlanState {
  if (at.quality === 'unknown') return until === null ? 'valid' : 'clock';
  if (at.ms < from) return 'early';
  return until === null || at.ms < until + graceMs ? 'valid' : 'over';
}

/** Whether a member is in order, by permanence or by a plan. Without either there is no doubt, and no clock is asked. */
export function judgePlans({ permanent, plans }: Pick<Person, 'permanent' | 'plans'>, at: Moment): readonly Denial[] {
  const inState = (wanted: PlanState) => plans.filter((plan) => planState(plan, at) === wanted);
  if (permanent || inState('valid').length > 0) return [];
  if (plans.length === 0) return [{ code: 'expired', rule: 'no-plan' }];
  const [unknown] = inState('clock');
  if (unknown !== undefined) return [{ code: 'clock_unknown', rule: `plan:${unknown.plan}` }];
  const last = latest(inState('over'));
  if (last !== undefined) return [{ code: 'expired', rule: `plan:${last.plan}` }];
  return [{ code: 'not_yet_valid', rule: `plan:${earliest(plans)?.plan ?? ''}` }];
}

/** Whether a guest may be here now; guests have dates in place of plans. */
export function judgeGuest(guest: Guest, zone: Zone, at: Moment): readonly Denial[] {
  const rule = 'guest';
  if (at.quality === 'unknown') return [{ code: 'clock_unknown', rule }];
  if (at.ms < guest.from) return [{ code: 'not_yet_valid', rule }];
  if (at.ms >= guest.until) return [{ code: 'guest_over', rule }];
  const isInHours = guest.hours.length === 0 || isWithinHours(guest.hours, localTime(zone, at.ms));
  return isInHours ? [] : [{ code: 'outside_hours', rule }];
}

function latest(plans: readonly CountedPlan[]): CountedPlan | undefined {
  return plans.reduce<CountedPlan | undefined>(
    (best, plan) => (best === undefined || (plan.until ?? 0) > (best.until ?? 0) ? plan : best),
    undefined,
  );
}

function earliest(plans: readonly CountedPlan[]): CountedPlan | undefined {
  return plans.reduce<CountedPlan | undefined>(
    (best, plan) => (best === undefined || plan.from < best.from ? plan : best),
    undefined,
  );
}
