import type { Moment } from '../sdk/moment.ts';
import type { GivenPlan, Member } from './members.ts';

/** A plan that counts for a member, their own or the head of their family's, with its grace. */
export interface CountedPlan extends GivenPlan {
  readonly graceDays: number;
}

/** All that may let a member in by their own record and their family's. */
export interface Cover {
  /** Whether the member, or the head of their family, is a permanent member. */
  readonly permanent: boolean;
  readonly plans: readonly CountedPlan[];
}

type StandingCode = 'suspended' | 'clock_unknown' | 'not_yet_valid' | 'guest_over' | 'expired';

/**
 * Whether a member is in order, why not, and until when as things are (null: with no end). `rule` tells one who has no
 * plan at all from one whose plans have ended.
 */
export type Standing =
  | { readonly inOrder: true; readonly until: number | null }
  | { readonly inOrder: false; readonly code: StandingCode; readonly rule?: 'no-plan' };

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * How a member stands at a moment, as door decides it (its README has the rule), a guest's hours left out: those
 * depend on the space's zone, which is the door's.
 */
export function standingOf(member: Member, cover: Cover, isSuspended: boolean, at: Moment): Standing {
  const { permanent, plans } = cover;
  if (isSuspended) return { inOrder: false, code: 'suspended' };
  const isTimeKnown = at.quality !== 'unknown';
  const { guest } = member;
  if (guest !== null) {
    if (!isTimeKnown) return { inOrder: false, code: 'clock_unknown' };
    if (at.ms < guest.from) return { inOrder: false, code: 'not_yet_valid' };
    return at.ms < guest.until ? { inOrder: true, until: guest.until } : { inOrder: false, code: 'guest_over' };
  }
  if (permanent) return { inOrder: true, until: null };
  // Nothing here has an end, so no clock is needed to say so.
  if (plans.length === 0) return { inOrder: false, code: 'expired', rule: 'no-plan' };
  if (!isTimeKnown) {
    const isEndless = plans.some(({ until }) => until === null);
    return isEndless ? { inOrder: true, until: null } : { inOrder: false, code: 'clock_unknown' };
  }
  const open = plans.filter((plan) => plan.from <= at.ms && at.ms < endOf(plan));
  if (open.length > 0) {
    const end = Math.max(...open.map(endOf));
    return { inOrder: true, until: end === Number.POSITIVE_INFINITY ? null : end };
  }
  const hasEnded = plans.some((plan) => endOf(plan) <= at.ms);
  return { inOrder: false, code: hasEnded ? 'expired' : 'not_yet_valid' };
}

function endOf({ until, graceDays }: CountedPlan): number {
  return until === null ? Number.POSITIVE_INFINITY : until + graceDays * DAY_MS;
}
