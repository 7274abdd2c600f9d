import type { DoorSettings } from '../door-record.ts';
import { type Denial, inOrder, standing } from './denial.ts';
import type { Card, Evidence, Person } from './evidence.ts';
import { ANYONE } from './evidence.ts';
import { judgePin } from './pin.ts';
import { judgeRules } from './rules.ts';
import { isStale } from './staleness.ts';
import { judgeGuest, judgePlans } from './standing.ts';

/** Who a decision is about; a card in doubt names nobody. */
interface Subject {
  readonly member: string | null;
  readonly badge: string | null;
  /** A break-glass card. */
  readonly card: string | null;
}

export interface Decision extends Subject {
  /** Exactly when no denial applies. */
  readonly granted: boolean;
  /** What decided: of a grant the rule that let in, of a denial that of the first code. */
  readonly rule: string;
  /** All that apply, in the order of the codes. */
  readonly denials: readonly Denial[];
  /** The other member, where a door asks for two. */
  readonly second: string | null;
  /** Whether a PIN was asked for and right. */
  readonly isPinRight: boolean;
}

/** Whether this presentation opens the door. Every doubt is a denial, and any denial beats every grant. */
export function decide(evidence: Evidence): Decision {
  const { found, card, lockdown, disabled, waiting } = evidence;
  const orders = [...standing('lockdown', lockdown), ...standing('disabled', disabled)];
  if (found === null) return denied(NOBODY, [{ code: 'no_door', rule: 'reader' }, ...orders]);
  const subject = subjectOf(card);
  const { door } = found;
  switch (card.type) {
    case 'unknown':
      return denied(subject, [{ code: 'unknown_badge', rule: 'badge' }, ...orders]);
    case 'ambiguous':
      return denied(subject, [{ code: 'ambiguous_badge', rule: 'badge' }, ...orders]);
    case 'glass':
      // For the day on which nothing else works: only what a person has said for this door or all still counts.
      return orders.length > 0 ? denied(subject, orders) : granted(subject, `break-glass:${card.label}`, null, false);
    case 'member': {
      const { person, view } = card;
      if (person.record === null) {
        return denied(subject, [{ code: 'no_such_member', rule: 'badge' }, ...judgeBadge(person), ...orders]);
      }
      const rule = judgeRules(evidence, door.allow, person);
      const pin = door.pin
        ? judgePin(person.held?.pin ?? null, evidence.pin, view, evidence.tries, evidence.at.ms)
        : [];
      const isPinRight = door.pin && pin.length === 0;
      const second = door.twoMs > 0 && waiting !== null && waiting !== person.member ? waiting : null;
      const denials = [
        ...judgeBadge(person),
        ...orders,
        ...(person.record.guest === null
          ? judgePlans(person, evidence.at)
          : judgeGuest(person.record.guest, evidence.calendar.zone, evidence.at)),
        ...(isStale(evidence, door) ? [{ code: 'stale', rule: 'restored' } as const] : []),
        ...(typeof rule === 'string' ? [] : [rule]),
        ...pin,
        ...judgePassback(evidence, door),
        ...(door.twoMs > 0 && second === null ? [{ code: 'second_person_missing', rule: 'two-person' } as const] : []),
        ...(evidence.welded ? [{ code: 'welded', rule: 'alarm:welded' } as const] : []),
      ];
      if (typeof rule !== 'string' || denials.length > 0) return { ...denied(subject, denials), isPinRight };
      return granted(subject, rule, second === ANYONE ? null : second, isPinRight);
    }
  }
}

const NOBODY: Subject = { member: null, badge: null, card: null };

function subjectOf(card: Card): Subject {
  if (card.type === 'glass') return { member: null, badge: null, card: card.card };
  if (card.type !== 'member') return NOBODY;
  return { member: card.person.member, badge: card.person.badge, card: null };
}

function denied(subject: Subject, unordered: readonly Denial[]): Decision {
  const denials = inOrder(unordered);
  return { ...subject, granted: false, rule: denials[0]?.rule ?? '', denials, second: null, isPinRight: false };
}

function granted(subject: Subject, rule: string, second: string | null, isPinRight: boolean): Decision {
  return { ...subject, granted: true, rule, denials: [], second, isPinRight };
}

/** What stands against the card and its member. A card that leads to a member who no longer has it counts as lost. */
function judgeBadge({ held, suspended }: Person): readonly Denial[] {
  const lost: readonly Denial[] =
    held === null ? [{ code: 'lost', rule: 'badge' }] : standing('lost', held.lost === null ? [] : [held.lost]);
  return [...lost, ...standing('suspended', suspended)];
}

/** Soft: it heals by time alone, so where time cannot be told it keeps nobody out. */
function judgePassback({ at, passMs }: Evidence, { passback }: DoorSettings): readonly Denial[] {
  if (passback === null || passMs === null || at.quality === 'unknown') return [];
  const sinceMs = at.ms - passMs;
  return sinceMs >= 0 && sinceMs < passback.ms ? [{ code: 'passback', rule: `area:${passback.area}` }] : [];
}
