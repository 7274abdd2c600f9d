import { Fault } from '../sdk/fault.ts';
import { asObject, id, list, text, textOrNull } from '../sdk/fields.ts';
import type { Json, JsonObject } from '../sdk/json.ts';

/** A rule of a door: whom it lets in, and at which hours (null: at any). */
export interface Rule {
  readonly who: string;
  readonly schedule: string | null;
}

const RULES_MAX = 32;
const ROLES: readonly string[] = ['member', 'trainer', 'admin'];
const FORMS = 'everyone, plan:ID, group:ID, member:ID, role:member, role:trainer or role:admin';

/** What stands before and behind the colon of `who`; `everyone` has nothing behind it. */
export function splitWho(who: string): readonly [type: string, name: string] {
  const colon = who.indexOf(':');
  return colon < 0 ? [who, ''] : [who.slice(0, colon), who.slice(colon + 1)];
}

function checkWho(who: string): void {
  const [type, name] = splitWho(who);
  if (who === 'everyone' || (type === 'role' && ROLES.includes(name))) return;
  if (type === 'plan' || type === 'group' || type === 'member') {
    id({ who: name }, 'who');
    return;
  }
  throw new Fault('bad_rule', `who is ${FORMS}, not ${who}`);
}

function parseRule(value: Json): Rule {
  const rule = asObject(value, 'a rule');
  return { who: text(rule, 'who'), schedule: textOrNull(rule, 'schedule') };
}

/** The rules as they stand in the state. */
export function parseRules(from: JsonObject): readonly Rule[] {
  return list(from, 'allow').map(parseRule);
}

/** The rules of a command. None at all is allowed: then only break-glass cards open. @throws Fault bad_rule, bad_id */
export function checkedRules(from: JsonObject): readonly Rule[] {
  const rules = parseRules(from);
  if (rules.length > RULES_MAX) throw new Fault('bad_rule', `a door has at most ${RULES_MAX} rules`);
  for (const { who, schedule } of rules) {
    checkWho(who);
    if (schedule !== null) id({ schedule }, 'schedule');
  }
  if (new Set(rules.map(nameOfRule)).size < rules.length) throw new Fault('bad_rule', 'a rule is given twice');
  return rules;
}

/** How the log names a rule: `plan:full schedule:days`; everyone at any hour is `always`. */
export function nameOfRule({ who, schedule }: Rule): string {
  const parts = [...(who === 'everyone' ? [] : [who]), ...(schedule === null ? [] : [`schedule:${schedule}`])];
  return parts.length === 0 ? 'always' : parts.join(' ');
}
