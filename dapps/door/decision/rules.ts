import type { Moment } from '../../sdk/moment.ts';
import { nameOfRule, type Rule, splitWho } from '../who.ts';
import { type Openness, opennessOf } from './calendar.ts';
import type { Denial } from './denial.ts';
import type { Evidence, Person } from './evidence.ts';
import { planState } from './standing.ts';

/** `clock`: it names a plan of which nobody knows without a clock whether it has ended. */
type Match = 'yes' | 'no' | 'clock';

function matchOf(who: string, { member, record, plans }: Person, at: Moment): Match {
  const [type, name] = splitWho(who);
  const is = (holds: boolean): Match => (holds ? 'yes' : 'no');
  switch (type) {
    case 'everyone':
      return 'yes';
    case 'member':
      return is(name === member);
    case 'group':
      return is(record?.groups.includes(name) === true);
    case 'role':
      return is(name === 'member' || record?.roles.includes(name) === true);
    case 'plan': {
      const states = plans.filter(({ plan }) => plan === name).map((plan) => planState(plan, at));
      return states.includes('valid') ? 'yes' : states.includes('clock') ? 'clock' : 'no';
    }
    default:
      return 'no';
  }
}

/** The first rule that lets the person in, or why none does. */
export function judgeRules(evidence: Evidence, rules: readonly Rule[], person: Person): string | Denial {
  const { at, calendar, schedules } = evidence;
  const tried = rules
    .map((rule): { rule: Rule; match: Match; openness: Openness } => ({
      rule,
      match: matchOf(rule.who, person, at),
      openness: rule.schedule === null ? 'open' : opennessOf(schedules.get(rule.schedule), calendar, at),
    }))
    .filter(({ match }) => match !== 'no');
  const granting = tried.find(({ match, openness }) => match === 'yes' && openness === 'open');
  if (granting !== undefined) return nameOfRule(granting.rule);
  const unknown = tried.find(({ match, openness }) => match === 'clock' || openness === 'clock');
  if (unknown !== undefined) return { code: 'clock_unknown', rule: nameOfRule(unknown.rule) };
  const [first] = tried;
  if (first === undefined) return { code: 'not_allowed', rule: 'allow' };
  if (tried.some(({ openness }) => openness === 'holiday')) {
    return { code: 'holiday', rule: `holiday:${calendar.holiday ?? ''}` };
  }
  return { code: 'outside_hours', rule: nameOfRule(first.rule) };
}
