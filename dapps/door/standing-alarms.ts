import { asObject, integer, textOrNull } from '../sdk/fields.ts';
import type { JsonObject } from '../sdk/json.ts';
import type { Row, State } from '../sdk/state.ts';
import { type Alarm, isAlarm } from './alarms.ts';
import { ALARM_PREFIX, alarmPrefix } from './keys.ts';

/** An alarm that has not ended, or has not been cleared. */
interface StandingAlarm {
  readonly door: string;
  readonly alarm: Alarm;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** What brought it about, or null. */
  readonly event: string | null;
}

/** Those of one door, at most as many as there are kinds. */
export async function standingAlarms(state: State, door: string): Promise<readonly StandingAlarm[]> {
  const { rows } = await state.scan(alarmPrefix(door));
  return rows.flatMap(parseRow);
}

/** Those of all doors, page by page. */
export async function everyAlarm(state: State): Promise<readonly StandingAlarm[]> {
  const all: StandingAlarm[] = [];
  for (let after: string | undefined; ; ) {
    const { rows, more } = await state.scan(ALARM_PREFIX, after === undefined ? {} : { after });
    all.push(...rows.flatMap(parseRow));
    after = rows.at(-1)?.key;
    if (!more || after === undefined) return all;
  }
}

/** As queries tell it. */
export function toldAlarm({ alarm, since, event }: StandingAlarm): JsonObject {
  return { alarm, since, event };
}

function parseRow({ key, value }: Row): readonly StandingAlarm[] {
  const [door = '', alarm = ''] = key.slice(ALARM_PREFIX.length).split('/');
  if (!isAlarm(alarm)) return [];
  const from = asObject(value, key);
  return [{ door, alarm, since: integer(from, 'since', 0, Number.MAX_SAFE_INTEGER), event: textOrNull(from, 'event') }];
}
