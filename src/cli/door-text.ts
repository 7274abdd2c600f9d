import type { Json, JsonObject } from '../base/json.ts';
import { instantsIn, type SpaceClock } from './clock.ts';
import { durationText } from './door-options.ts';
import { describeDecision } from './facts.ts';
import type { Names } from './names.ts';
import { columns, plain } from './output.ts';

/** Doors in words. */

const text = (value: Json | undefined) => plain(String(value ?? ''));
const rowsOf = (value: Json | undefined) => (Array.isArray(value) ? (value as readonly JsonObject[]) : []);

export function doorTable(doors: readonly JsonObject[]): string {
  if (doors.length === 0) return 'no doors yet; add one with `blockmesh door add`';
  return columns(
    doors.map((door) => [
      text(door.door),
      `${text(door.reader)} -> ${text(door.output)}`,
      `${text(door.openMs)} ms`,
      rowsOf(door.allow).map(ruleText).join(', ') || 'nobody',
      [...demands(door), ...(rowsOf(door.disabled).length > 0 ? ['DISABLED'] : [])].join(', '),
    ]),
  );
}

/** Whom it lets in and when: `at any time` is everybody, `plan:full schedule days` a plan in its hours. */
function ruleText({ who, schedule }: JsonObject): string {
  const hours = schedule === null || schedule === undefined ? 'at any time' : `schedule ${text(schedule)}`;
  return who === 'everyone' ? hours : `${text(who)} ${hours}`;
}

function demands({ pin, twoMs, passback, staleMs, keepOpen }: JsonObject): readonly string[] {
  const { area, ms } = (passback ?? {}) as JsonObject;
  return [
    ...(pin === true ? ['PIN'] : []),
    ...(Number(twoMs) > 0 ? [`two people within ${durationText(Number(twoMs))}`] : []),
    ...(area === undefined ? [] : [`passback ${text(area)} ${durationText(Number(ms))}`]),
    ...(typeof staleMs === 'number' ? [`stale after ${durationText(staleMs)}`] : []),
    ...(typeof keepOpen === 'string' ? [`kept open at ${text(keepOpen)}`] : []),
  ];
}

export async function describeDoor(door: JsonObject, clock: SpaceClock, names: Names): Promise<string> {
  const last = (door.last ?? null) as JsonObject | null;
  const orders = [...rowsOf(door.lockdown), ...rowsOf(door.disabled)];
  await clock.know(...instantsIn(orders, 'since'), ...(last === null ? [] : instantsIn([last], 'ms')));
  await names.know([last]);
  const standing = (name: string, value: Json | undefined) =>
    rowsOf(value).map(({ reason, since }) => `${name}  since ${clock.text(Number(since))}: ${text(reason)}`);
  return [
    `door       ${text(door.door)}${typeof door.title === 'string' ? `, ${plain(door.title)}` : ''}`,
    `wiring     ${text(door.reader)} -> ${text(door.output)} for ${text(door.openMs)} ms, cards of ${text(door.bits)} bits and more`,
    `lets in    ${rowsOf(door.allow).map(ruleText).join(', ') || 'nobody but break-glass cards'}`,
    ...demands(door).map((demand) => `also       ${demand}`),
    ...standing('LOCKDOWN ', door.lockdown),
    ...standing('DISABLED ', door.disabled),
    last === null
      ? 'last       nothing yet'
      : `last       ${clock.text(Number(last.ms))}  ${describeDecision(String(last.result), names.inWords(last))}`,
  ].join('\n');
}
