import type { State } from '../sdk/state.ts';
import type { CountedPlan, Person } from './decision/evidence.ts';
import {
  familyKey,
  type GivenPlan,
  type Holder,
  heldKey,
  MEMBERSHIP,
  type Member,
  memberKey,
  parseHead,
  parseHeld,
  parseMember,
  parsePlan,
  planKey,
  suspendedPrefix,
} from './membership.ts';
import { standingEntries } from './standing-denials.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** A member and everything about the member that a door asks, from the state of membership. */
export async function readPerson(
  state: State,
  { member, badge }: { readonly member: string; readonly badge: string | null },
): Promise<Person> {
  const [{ record, cover }, held, suspended] = await Promise.all([
    readMember(state, member).then(async (found) => ({ record: found, cover: await coverOf(state, member, found) })),
    badge === null ? null : state.read(heldKey(member, badge), MEMBERSHIP).then(parseHeld),
    standingEntries(state, suspendedPrefix(member), MEMBERSHIP),
  ]);
  return { member, badge, record, held, suspended, ...cover };
}

async function readMember(state: State, member: string): Promise<Member | null> {
  return parseMember(await state.read(memberKey(member), MEMBERSHIP));
}

type Cover = Pick<Person, 'permanent' | 'plans'>;
type PlanWithTerms = CountedPlan & { readonly family: boolean };

const NO_COVER: Cover = { permanent: false, plans: [] };

/** What the member has, and of the family's head what covers the family: their permanence, and plans that say so. */
async function coverOf(state: State, member: string, record: Member | null): Promise<Cover> {
  if (record === null) return NO_COVER;
  const [own, head] = await Promise.all([
    withTerms(state, record.plans),
    record.family === null ? NO_COVER : coverOfHead(state, record.family, member),
  ]);
  const plans = [...own, ...head.plans].map(({ plan, from, until, graceMs }) => ({ plan, from, until, graceMs }));
  return { permanent: record.permanent || head.permanent, plans };
}

async function coverOfHead(state: State, family: string, member: string): Promise<Cover> {
  const head = parseHead(await state.read(familyKey(family), MEMBERSHIP));
  const record = head === null || head === member ? null : await readMember(state, head);
  if (record === null) return NO_COVER;
  const plans = await withTerms(state, record.plans);
  return { permanent: record.permanent, plans: plans.filter((plan) => plan.family) };
}

async function withTerms(state: State, plans: readonly GivenPlan[]): Promise<readonly PlanWithTerms[]> {
  return Promise.all(
    plans.map(async ({ plan, from, until }) => {
      const { graceDays, family } = parsePlan(await state.read(planKey(plan), MEMBERSHIP));
      return { plan, from, until, graceMs: graceDays * DAY_MS, family };
    }),
  );
}

/** Those of `holders` that differ. */
export function distinctHolders(holders: readonly Holder[]): readonly Holder[] {
  return [...new Map(holders.map((holder) => [`${holder.member}/${holder.badge}`, holder])).values()];
}
