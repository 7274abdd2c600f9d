import { CodedError } from '../../base/errors.ts';
import { PINS_LINE_BYTES_MAX, PINS_NAME_BYTES_MAX } from '../../base/limits.ts';

/** The words of PROTOCOL.md, and the lines that carry them. Times are CLOCK_MONOTONIC nanoseconds. */

export type PinsKind = 'pulse' | 'hold';
export type PinsEnd = 'timer' | 'released' | 'longest' | 'superseded' | 'orphaned' | 'stopped';
export type PinsLevel = 'high' | 'low';

export interface PinsRecord {
  readonly seq: number;
  readonly id: string;
  readonly output: string;
  readonly kind: PinsKind;
  readonly onNs: bigint;
  /** Why and when the record ended; both undefined while it is open. */
  readonly end: PinsEnd | undefined;
  readonly offNs: bigint | undefined;
  /** Whether the client that asked was connected when the record ended, or still is. */
  readonly owner: 'present' | 'lost';
}

export interface PinsOutput {
  readonly name: string;
  readonly on: boolean;
  /** The physical level as read back from the line. */
  readonly level: PinsLevel | 'unknown';
  readonly safe: PinsLevel;
  readonly longestMs: number;
}

/** An input as it is now. `atNs` is its last edge, or its claim when there was none. */
export interface PinsInput {
  readonly name: string;
  /** Undefined when the line cannot be read. */
  readonly active: boolean | undefined;
  readonly atNs: bigint;
}

const NAME = new RegExp(`^[0-9a-zA-Z_-]{1,${PINS_NAME_BYTES_MAX}}$`);
const NUMBER = /^[0-9]{1,15}$/;
const TIME = /^[0-9]{1,19}$/;
const ENDS: readonly string[] = ['timer', 'released', 'longest', 'superseded', 'orphaned', 'stopped'];

/** A name of an output, or an id. */
export function isPinsName(text: string): boolean {
  return NAME.test(text);
}

/** The number, or undefined when `text` is not 1 to 15 decimal digits. */
export function readNumber(text: string): number | undefined {
  return NUMBER.test(text) ? Number(text) : undefined;
}

export function formatRecord(record: PinsRecord): string {
  const { seq, id, output, kind, onNs, offNs, end, owner } = record;
  return `record ${seq} ${id} ${output} ${kind} ${onNs} ${offNs ?? '-'} ${end ?? '-'} ${owner}`;
}

export function formatOutput(output: PinsOutput): string {
  const { name, on, level, safe, longestMs } = output;
  return `output ${name} ${on ? 'on' : 'off'} ${level} ${safe} ${longestMs}`;
}

export function formatInput({ name, active, atNs }: PinsInput): string {
  const level = active === undefined ? 'unknown' : active ? 'active' : 'inactive';
  return `input ${name} ${level} ${atNs}`;
}

/** What the pins process said is not in the protocol: it is of another version, or not the pins process. */
export function protocolFault(line: string): CodedError {
  return new CodedError('pins_protocol', 'the pins process said something this version does not know', {
    fields: { line: line.slice(0, PINS_LINE_BYTES_MAX) },
    advice: 'blockmesh and blockmesh-pins must be of the same release',
  });
}

export function isEnd(text: string | undefined): text is PinsEnd {
  return text !== undefined && ENDS.includes(text);
}

function isLevel(text: string | undefined): text is PinsLevel {
  return text === 'high' || text === 'low';
}

/** @throws pins_protocol */
export function parseNumber(text: string | undefined, line: string): number {
  const number = readNumber(text ?? '');
  if (number === undefined) throw protocolFault(line);
  return number;
}

/** @throws pins_protocol */
export function parseTime(text: string | undefined, line: string): bigint {
  if (text === undefined || !TIME.test(text)) throw protocolFault(line);
  return BigInt(text);
}

/** @throws pins_protocol */
export function parseRecord(line: string): PinsRecord {
  const words = line.split(' ');
  const [word, seq, id = '', output = '', kind, onNs, offNs, end, owner] = words;
  const isOpen = end === '-' && offNs === '-';
  if (
    word !== 'record' ||
    words.length !== 9 ||
    !isPinsName(id) ||
    !isPinsName(output) ||
    (kind !== 'pulse' && kind !== 'hold') ||
    (owner !== 'present' && owner !== 'lost') ||
    !(isOpen || isEnd(end))
  ) {
    throw protocolFault(line);
  }
  return {
    seq: parseNumber(seq, line),
    id,
    output,
    kind,
    onNs: parseTime(onNs, line),
    offNs: isOpen ? undefined : parseTime(offNs, line),
    end: isEnd(end) ? end : undefined,
    owner,
  };
}

/** @throws pins_protocol */
export function parseOutput(line: string): PinsOutput {
  const words = line.split(' ');
  const [word, name = '', state, level, safe, longestMs] = words;
  if (
    word !== 'output' ||
    words.length !== 6 ||
    !isPinsName(name) ||
    (state !== 'on' && state !== 'off') ||
    !(isLevel(level) || level === 'unknown') ||
    !isLevel(safe)
  ) {
    throw protocolFault(line);
  }
  return { name, on: state === 'on', level, safe, longestMs: parseNumber(longestMs, line) };
}

const INPUT_LEVELS: ReadonlyMap<string, boolean | undefined> = new Map([
  ['active', true],
  ['inactive', false],
  ['unknown', undefined],
]);

/** @throws pins_protocol */
export function parseInput(line: string): PinsInput {
  const words = line.split(' ');
  const [word, name = '', level = '', atNs] = words;
  if (word !== 'input' || words.length !== 4 || !isPinsName(name) || !INPUT_LEVELS.has(level)) {
    throw protocolFault(line);
  }
  return { name, active: INPUT_LEVELS.get(level), atNs: parseTime(atNs, line) };
}
