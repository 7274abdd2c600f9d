import type { JsonObject } from '../base/json.ts';
import { plain } from './output.ts';

const NAMES_SHOWN_MAX = 10;

/** Lines about the members whom a command has left without any plan, and what can be done; none when there are none. */
export function withoutPlanText({ withoutPlan, isAll }: JsonObject): string {
  const names = (withoutPlan as readonly JsonObject[]).map(({ name }) => `"${plain(String(name))}"`);
  const unasked = isAll === true ? '' : '\nthere are more whom this concerns; `blockmesh member show` tells of each';
  if (names.length === 0) return unasked;
  const rest = names.length > NAMES_SHOWN_MAX ? ` and ${names.length - NAMES_SHOWN_MAX} more` : '';
  const who = names.length === 1 ? String(names[0]) : 'NAME';
  return [
    '',
    `neither a plan nor a permanent member, so no door opens: ${names.slice(0, NAMES_SHOWN_MAX).join(', ')}${rest}`,
    `  for a time: blockmesh plan give ${who} PLAN --until TIME`,
    `  for good:   blockmesh member edit ${who} --permanent yes${unasked}`,
  ].join('\n');
}
