import { type Command, InvalidArgumentError } from 'commander';
import type { Json, JsonObject } from '../base/json.ts';
import { wholeNumber } from './command.ts';
import { DOOR_BITS_DEFAULT } from './narrow-card-text.ts';

/** The settings of a door as options, for `door add` and `door edit`. */

const SECOND_MS = 1_000;
const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: SECOND_MS,
  m: 60 * SECOND_MS,
  h: 3_600 * SECOND_MS,
  d: 86_400 * SECOND_MS,
};

export interface DoorOptions {
  readonly title?: string | false;
  readonly openMs?: number;
  readonly bits?: number;
  readonly allow?: readonly JsonObject[];
  readonly keepOpen?: string | false;
  readonly pin?: boolean;
  readonly two?: number | false;
  readonly passback?: JsonObject | false;
  readonly stale?: number | false;
  readonly exitButton?: string | false;
  readonly contact?: string | false;
  readonly tamper?: string | false;
  readonly bell?: string | false;
  readonly heldMs?: number;
}

/** @param isEdit also the options that take a setting away. */
export function doorOptions(command: Command, isEdit: boolean): Command {
  command
    .option('--title <text>', 'how people call it')
    .option('--open-ms <ms>', 'how long a badge opens it', wholeNumber, ...(isEdit ? [] : [3000]))
    .option(
      '--bits <n>',
      'how much of a card’s number it asks for: 24 bits, 32 or all 40',
      wholeNumber,
      ...(isEdit ? [] : [DOOR_BITS_DEFAULT]),
    )
    .option(
      '--allow <who[@schedule]>',
      'whom it lets in: everyone, plan:ID, group:ID, role:trainer or member:ID (repeat for more)',
      collectRule,
    )
    .option('--keep-open <schedule>', 'the hours at which it stands open for anybody; looked at every full minute')
    .option('--pin', 'ask for a PIN with every card')
    .option('--two <time>', 'ask for two members within this time, such as 20s', duration)
    .option('--passback <area=time>', 'who came in keeps out this long at all doors of the area: shop=10m', passback)
    .option('--stale <time>', 'after a restore, stay shut once the backup is older than this: 12h', duration)
    .option('--exit-button <input>', 'input that lets people out, always')
    .option('--contact <input>', 'input that is active while the door is open')
    .option('--held-ms <ms>', 'how long the contact may say open before that is an alarm; 0: for ever', wholeNumber)
    .option('--tamper <input>', 'input that is active when a case is opened')
    .option('--bell <input>', 'input of the bell; it is told to MQTT alone');
  if (!isEdit) return command;
  return command
    .option('--no-exit-button', 'no exit button')
    .option('--no-contact', 'no door contact')
    .option('--no-tamper', 'no tamper switch')
    .option('--no-bell', 'no bell')
    .option('--no-title', 'no title')
    .option('--no-keep-open', 'no keep-open hours')
    .option('--no-pin', 'no PIN')
    .option('--no-two', 'one member is enough')
    .option('--no-passback', 'no anti-passback')
    .option('--no-stale', 'any age of a backup will do');
}

/** What the options say, as a body of `door.add` or `door.edit`. */
export function doorSettings(options: DoorOptions): JsonObject {
  const { title, openMs, bits, allow, keepOpen, pin, two, passback, stale, heldMs } = options;
  const wires = { exit: options.exitButton, contact: options.contact, tamper: options.tamper, bell: options.bell };
  const given = Object.entries(wires).flatMap(([use, input]) => (input === undefined ? [] : [[use, input || null]]));
  const orNull = (value: Json | false): Json => (value === false ? null : value);
  return {
    ...(title === undefined ? {} : { title: orNull(title) }),
    ...(openMs === undefined ? {} : { openMs }),
    ...(bits === undefined ? {} : { bits }),
    ...(allow === undefined ? {} : { allow }),
    ...(keepOpen === undefined ? {} : { keepOpen: orNull(keepOpen) }),
    ...(pin === undefined ? {} : { pin }),
    ...(two === undefined ? {} : { twoMs: two === false ? 0 : two }),
    ...(passback === undefined ? {} : { passback: orNull(passback) }),
    ...(stale === undefined ? {} : { staleMs: orNull(stale) }),
    ...Object.fromEntries(given),
    ...(heldMs === undefined ? {} : { heldMs }),
  };
}

/** `plan:full@days` lets the plan in at the hours of a schedule; without `@`, at any hour. */
function collectRule(text: string, before: readonly JsonObject[] = []): readonly JsonObject[] {
  const [who = '', schedule = null, ...more] = text.split('@');
  if (who === '' || schedule === '' || more.length > 0) {
    throw new InvalidArgumentError('It must be like everyone, plan:full or plan:full@days.');
  }
  return [...before, { who, schedule }];
}

/** @returns ms. */
function duration(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  const ms = Number(count) * (UNIT_MS[unit] ?? Number.NaN);
  if (count === '' || !Number.isSafeInteger(ms))
    throw new InvalidArgumentError('It must be a time like 20s, 10m, 12h or 2d.');
  return ms;
}

function passback(text: string): JsonObject {
  const [area = '', time = '', ...more] = text.split('=');
  if (area === '' || time === '' || more.length > 0) throw new InvalidArgumentError('It must be like shop=10m.');
  return { area, ms: duration(time) };
}

/** A time span with its unit, `20 s`: the largest that holds it whole. */
export function durationText(ms: number): string {
  const units = Object.entries(UNIT_MS).reverse();
  const [unit, size] = units.find(([, one]) => ms >= one && ms % one === 0) ?? ['ms', 1];
  return `${ms / size} ${unit}`;
}
