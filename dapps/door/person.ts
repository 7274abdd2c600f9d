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
  const [{ record, plans }, held, suspended] = await Promise.all([
    readMember(state, member).then(async (found) => ({
      record: found,
      plans: await countedPlans(state, member, found),
    })),
    badge === null ? null : state.read(heldKey(member, badge), MEMBERSHIP).then(parseHeld),
    standingEntries(state, suspendedPrefix(member), MEMBERSHIP),
  ]);
  return { member, badge, record, held, suspended, plans };
}

async function readMember(state: State, member: string): Promise<Member | null> {
  return parseMember(await state.read(memberKey(member), MEMBERSHIP));
}

/** The member's own plans, and of the family's head those that cover the family. */
async function countedPlans(state: State, member: string, record: Member | null): Promise<readonly CountedPlan[]> {
  if (record === null) return [];
  const { plans, family } = record;
  const [own, ofHead] = await Promise.all([
    withTerms(state, plans),
    family === null ? [] : plansOfHead(state, family, member),
  ]);
  return [...own, ...ofHead.filter((plan) => plan.family)].map(({ plan, from, until, graceMs }) => ({
    ...{ plan, from, until, graceMs },
  }));
}

type PlanWithTerms = CountedPlan & { readonly family: boolean };

async function plansOfHead(state: State, family: string, member: string): Promise<readonly PlanWithTerms[]> {
  const head = parseHead(await state.read(familyKey(family), MEMBERSHIP));
  if (head === null || head === member) return [];
  const record = await readMember(state, head);
  return withTerms(state, record?.plans ?? []);
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
