import type { Json, JsonObject } from '../base/json.ts';
import type { SpaceClock } from './clock.ts';
import { hoursText } from './hours.ts';
import { plain } from './output.ts';

/** Members as people read them. */

const STANDING: Readonly<Record<string, string>> = {
  suspended: 'suspended',
  clock_unknown: 'cannot be said while the clock is not known to be right',
  not_yet_valid: 'not yet',
  guest_over: 'over',
  expired: 'expired, grace included',
};

export function rangeText(clock: SpaceClock, from: Json | undefined, until: Json | undefined): string {
  const start = `from ${clock.text(Number(from))}`;
  return until === null ? `${start} with no end` : `${start} until ${clock.text(Number(until))}`;
}

export function hoursOf(value: Json | undefined): string {
  const hours = (Array.isArray(value) ? value : []) as readonly JsonObject[];
  return hours.length === 0 ? 'at any hour' : hours.map(hoursText).join(', ');
}

/** Every instant that `personText` shows. */
export function instantsOf(person: JsonObject): readonly number[] {
  const rows = ['plans', 'badges', 'denials', 'lostCards'].flatMap((list) => rowsOf(person, list));
  const within = rows.flatMap(({ lost }) => (typeof lost === 'object' && lost !== null ? [lost as JsonObject] : []));
  const standing = person.standing as JsonObject | null;
  const all = [person, ...rows, ...within, (person.guest as JsonObject | null) ?? {}, standing ?? {}];
  return all
    .flatMap(({ since, from, until }) => [since, from, until])
    .filter((value): value is number => typeof value === 'number');
}

function rowsOf(person: JsonObject, list: string): readonly JsonObject[] {
  return (Array.isArray(person[list]) ? person[list] : []) as readonly JsonObject[];
}

/** All that is known of a member, a line each. */
export function personText(person: JsonObject, clock: SpaceClock): string {
  const text = (value: Json | undefined) => plain(String(value));
  const words = (value: Json | undefined) => ((value as readonly string[]).length === 0 ? null : text(String(value)));
  const guest = person.guest as JsonObject | null;
  const lines: readonly (readonly [string, string | null])[] = [
    ['id', text(person.member)],
    ['since', clock.text(Number(person.since))],
    ['standing', standingText(person.standing as JsonObject | null, clock)],
    ...rowsOf(person, 'denials').map(({ reason, since }): [string, string] => [
      'suspended',
      `since ${clock.text(Number(since))}: ${text(reason)}`,
    ]),
    ['guest of', guest === null ? null : text(guest.host)],
    ['may come', guest === null ? null : `${rangeText(clock, guest.from, guest.until)}, ${hoursOf(guest.hours)}`],
    ['e-mail', person.email === null ? null : text(person.email)],
    ['roles', words(person.roles)],
    ['groups', words(person.groups)],
    ['family', person.family === null ? null : text(person.family)],
    ['permanent', guest !== null ? null : person.permanent === true ? 'yes' : 'no'],
    ...rowsOf(person, 'plans').map(({ plan, from, until }): [string, string] => [
      'plan',
      `${text(plan)} ${rangeText(clock, from, until)}`,
    ]),
    ...rowsOf(person, 'badges').map((badge): [string, string] => ['badge', badgeText(badge, clock)]),
    ...rowsOf(person, 'lostCards').map(({ badge, since }): [string, string] => [
      'lost card',
      `${text(badge)}, removed; lost since ${clock.text(Number(since))}`,
    ]),
  ];
  const shown = lines.flatMap(([name, value]) => (value === null ? [] : [`  ${name.padEnd(9)}  ${value}`]));
  return [text(person.name), ...shown].join('\n');
}

function badgeText({ badge, label, bits, pin, lost }: JsonObject, clock: SpaceClock): string {
  const since = typeof lost === 'object' && lost !== null ? (lost as JsonObject).since : null;
  const marks = [
    `${String(bits)} bits`,
    ...(pin === true ? ['with a PIN'] : []),
    ...(since === null ? [] : [`LOST since ${clock.text(Number(since))}`]),
  ];
  return `${plain(String(badge))} ${plain(String(label))} (${marks.join(', ')})`;
}

function standingText(standing: JsonObject | null, clock: SpaceClock): string | null {
  if (standing === null) return null;
  if (standing.rule === 'no-plan') return 'may not enter: no plan, and no permanent member';
  if (standing.inOrder !== true) return STANDING[String(standing.code)] ?? plain(String(standing.code));
  return standing.until === null ? 'in order' : `in order until ${clock.text(Number(standing.until))}, grace included`;
}
