import type { Json, JsonObject } from '../base/json.ts';
import { alarmText } from './alarm-text.ts';
import { instantsIn, type SpaceClock } from './clock.ts';
import { durationText } from './door-options.ts';
import { describeDecision } from './facts.ts';
import type { Names } from './names.ts';
import { columns, plain } from './output.ts';
import { contactText } from './wire-levels.ts';

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
      [...demands(door), ...marks(door)].join(', '),
    ]),
  );
}

/** What stands against the door or is wrong with it. */
function marks({ disabled, alarms }: JsonObject): readonly string[] {
  return [
    ...(rowsOf(disabled).length > 0 ? ['DISABLED'] : []),
    ...rowsOf(alarms).map(({ alarm }) => `ALARM ${text(alarm)}`),
  ];
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

/** Its inputs; of the contact also what it says now. */
function wiresOf({ exit, contact, heldMs, tamper, bell, levels }: JsonObject): readonly string[] {
  const held = Number(heldMs) > 0 ? `, held open after ${durationText(Number(heldMs))}` : '';
  const now = contactText(contact, (levels ?? {}) as JsonObject);
  return [
    ...(typeof exit === 'string' ? [`exit button ${text(exit)}`] : []),
    ...(typeof contact === 'string' ? [`contact ${text(contact)}: ${now}${held}`] : []),
    ...(typeof tamper === 'string' ? [`tamper switch ${text(tamper)}`] : []),
    ...(typeof bell === 'string' ? [`bell ${text(bell)}`] : []),
  ];
}

export async function describeDoor(door: JsonObject, clock: SpaceClock, names: Names): Promise<string> {
  const last = (door.last ?? null) as JsonObject | null;
  const orders = [...rowsOf(door.lockdown), ...rowsOf(door.disabled)];
  const alarms = rowsOf(door.alarms);
  await clock.know(...instantsIn([...orders, ...alarms], 'since'), ...(last === null ? [] : instantsIn([last], 'ms')));
  await names.know([last]);
  const standing = (name: string, value: Json | undefined) =>
    rowsOf(value).map(({ reason, since }) => `${name}  since ${clock.text(Number(since))}: ${text(reason)}`);
  return [
    `door       ${text(door.door)}${typeof door.title === 'string' ? `, ${plain(door.title)}` : ''}`,
    `wiring     ${text(door.reader)} -> ${text(door.output)} for ${text(door.openMs)} ms, cards of ${text(door.bits)} bits and more`,
    `lets in    ${rowsOf(door.allow).map(ruleText).join(', ') || 'nobody but break-glass cards'}`,
    ...demands(door).map((demand) => `also       ${demand}`),
    ...wiresOf(door).map((wire) => `also       ${wire}`),
    ...alarms.map(
      ({ alarm, since }) => `ALARM      ${text(alarm)} since ${clock.text(Number(since))}: ${alarmText(String(alarm))}`,
    ),
    ...standing('LOCKDOWN ', door.lockdown),
    ...standing('DISABLED ', door.disabled),
    last === null
      ? 'last       nothing yet'
      : `last       ${clock.text(Number(last.ms))}  ${describeDecision(String(last.result), names.inWords(last))}`,
  ].join('\n');
}
