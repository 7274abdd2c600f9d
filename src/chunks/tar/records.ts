import type { FileTime } from '../tree/entry.ts';
import { shown, tarError } from './error.ts';

/** The records of an extended header: POSIX.1-2024, pax, "pax Extended Header". */
export interface PaxRecord {
  readonly key: string;
  readonly value: Uint8Array;
}

const SPACE = 0x20;
const EQUALS = 0x3d;
const NEWLINE = 0x0a;
const LENGTH_DIGITS_MAX = 7;
const NANOSECOND_DIGITS = 9;
const NANOSECONDS = 1_000_000_000;

/** In their order, for GNU's first form of sparse files repeats keys. Keys are bytes, one character each. @throws tar_form. */
export function parseRecords(bytes: Buffer): readonly PaxRecord[] {
  const records: PaxRecord[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(SPACE, at);
    const digits = bytes.toString('latin1', at, Math.min(space, at + LENGTH_DIGITS_MAX + 1));
    const end = at + (/^[1-9][0-9]{0,6}$/.test(digits) ? Number(digits) : 0);
    const equals = bytes.indexOf(EQUALS, space);
    if (space === -1 || equals <= space + 1 || equals >= end || end > bytes.length || bytes[end - 1] !== NEWLINE) {
      throw tarError('tar_form', 'a record of an extended header is malformed', { at });
    }
    records.push({ key: bytes.toString('latin1', space + 1, equals), value: bytes.subarray(equals + 1, end - 1) });
    at = end;
  }
  return records;
}

export function formatRecord({ key, value }: PaxRecord): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`, 'latin1'), value, Buffer.from('\n')]);
  // The length counts its own digits.
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

/** @throws tar_form. */
export function wholeNumber({ key, value }: PaxRecord): number {
  const text = Buffer.from(value).toString('latin1');
  const number = /^[0-9]{1,16}$/.test(text) ? Number(text) : -1;
  if (!Number.isSafeInteger(number) || number < 0) throw badValue({ key, value });
  return number;
}

/** Seconds with a fraction; -1.5 is one and a half before 1970. @throws tar_form. */
export function timeIn(record: PaxRecord): FileTime {
  const match = /^(-?)([0-9]{1,15})(?:\.([0-9]*))?$/.exec(Buffer.from(record.value).toString('latin1'));
  if (match === null) throw badValue(record);
  const whole = Number(match[2]);
  const part = Number((match[3] ?? '').slice(0, NANOSECOND_DIGITS).padEnd(NANOSECOND_DIGITS, '0'));
  if (match[1] === '') return { seconds: whole, nanoseconds: part };
  return part === 0 ? { seconds: 0 - whole, nanoseconds: 0 } : { seconds: -whole - 1, nanoseconds: NANOSECONDS - part };
}

export function formatTime({ seconds, nanoseconds }: FileTime): string {
  const isBefore = seconds < 0 && nanoseconds > 0;
  const [whole, part] = isBefore ? [-seconds - 1, NANOSECONDS - nanoseconds] : [Math.abs(seconds), nanoseconds];
  const fraction = part === 0 ? '' : `.${String(part).padStart(NANOSECOND_DIGITS, '0').replace(/0+$/, '')}`;
  return `${seconds < 0 ? '-' : ''}${whole}${fraction}`;
}

function badValue({ key, value }: PaxRecord) {
  return tarError('tar_form', 'a value of an extended header is not what it may be', { key, value: shown(value) });
}
