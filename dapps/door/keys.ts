import type { Alarm } from './alarms.ts';
import type { View } from './views.ts';

/** Keys of this dapp's own state. */
export const SPACE_KEY = 'space';
export const doorKey = (door: string): string => `door/${door}`;
export const readerKey = (reader: string): string => `reader/${reader}`;
export const outputKey = (output: string): string => `output/${output}`;
export const inputKey = (input: string): string => `input/${input}`;
export const scheduleKey = (schedule: string): string => `schedule/${schedule}`;
export const holidayKey = (day: string): string => `holiday/${day}`;
export const lastKey = (door: string): string => `last/${door}`;
export const passKey = (area: string, member: string): string => `pass/${area}/${member}`;
export const triesKey = (member: string, badge: string): string => `tries/${member}/${badge}`;
export const seenKey = (member: string, badge: string): string => `seen/${member}/${badge}`;
export const ALARM_PREFIX = 'alarm/';
export const alarmPrefix = (door: string): string => `${ALARM_PREFIX}${door}/`;
export const alarmKey = (door: string, alarm: Alarm): string => `${alarmPrefix(door)}${alarm}`;
export const glassKey = ({ epoch, bits, hash }: View): string => `glass/${epoch}/${bits}/${hash}`;
export const glassCardKey = (card: string): string => `glasscard/${card}`;

/** Standing denials; each ends in the name of the entry that made it, `<block>.<index>`. */
export const LOCKDOWN_PREFIX = 'denial/all/';
export const DISABLED_PREFIX = 'denial/door/';
export const disabledPrefix = (door: string): string => `${DISABLED_PREFIX}${door}/`;
