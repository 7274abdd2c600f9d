import { PINS_FRAME_BITS_MAX, PINS_FRAME_BITS_MIN } from '../../base/limits.ts';
import { isEnd, isPinsName, type PinsEnd, parseNumber, parseTime, protocolFault } from './protocol.ts';

/** What watchers are told, as values and as the `event` lines of PROTOCOL.md. Times as in `protocol.ts`. */

/** A record began (`end` undefined) or ended. */
export interface PinsOutputEvent {
  readonly type: 'output';
  readonly output: string;
  readonly id: string;
  readonly seq: number;
  readonly atNs: bigint;
  readonly end: PinsEnd | undefined;
}

/** An input changed. `seq` numbers its edges from 1 at the claim; one that is skipped was not told. */
export interface PinsInputEvent {
  readonly type: 'input';
  readonly input: string;
  readonly active: boolean;
  readonly atNs: bigint;
  readonly seq: number;
}

/** One Wiegand frame; `atNs` is its last edge. */
export interface PinsWiegandEvent {
  readonly type: 'wiegand';
  readonly reader: string;
  readonly atNs: bigint;
  /** 4 to 128. */
  readonly bits: number;
  /** The bits, the first one highest, as a number of ceil(bits / 4) digits. */
  readonly hex: string;
}

const REASONS = ['lost_edges', 'over_long', 'too_short', 'glitch', 'babbling'] as const;
export type PinsFaultReason = (typeof REASONS)[number];

/** An input or a Wiegand reader does not do as it should. */
export interface PinsFaultEvent {
  readonly type: 'fault';
  readonly name: string;
  readonly atNs: bigint;
  readonly reason: PinsFaultReason;
}

export type PinsEvent = PinsOutputEvent | PinsInputEvent | PinsWiegandEvent | PinsFaultEvent;

export function formatEvent(event: PinsEvent): string {
  switch (event.type) {
    case 'input':
      return `event input ${event.input} ${event.active ? 'active' : 'inactive'} ${event.atNs} ${event.seq}`;
    case 'wiegand':
      return `event wiegand ${event.reader} ${event.atNs} ${event.bits} ${event.hex}`;
    case 'fault':
      return `event fault ${event.name} ${event.atNs} ${event.reason}`;
    case 'output': {
      const { output, id, seq, atNs, end } = event;
      const change = end === undefined ? 'on' : 'off';
      return `event ${change} ${output} ${id} ${seq} ${atNs}${end === undefined ? '' : ` ${end}`}`;
    }
  }
}

function parseOutputEvent(words: readonly string[], line: string): PinsOutputEvent {
  const [, change, output = '', id = '', seq, atNs, end] = words;
  const isOn = change === 'on' && words.length === 6;
  const isOff = change === 'off' && words.length === 7 && isEnd(end);
  if (!isPinsName(output) || !isPinsName(id) || !(isOn || isOff)) throw protocolFault(line);
  const ended = isEnd(end) ? end : undefined;
  return { type: 'output', output, id, seq: parseNumber(seq, line), atNs: parseTime(atNs, line), end: ended };
}

function parseInputEvent(words: readonly string[], line: string): PinsInputEvent {
  const [, , input = '', level, atNs, seq] = words;
  if (words.length !== 6 || !isPinsName(input) || (level !== 'active' && level !== 'inactive')) {
    throw protocolFault(line);
  }
  const active = level === 'active';
  return { type: 'input', input, active, atNs: parseTime(atNs, line), seq: parseNumber(seq, line) };
}

function parseWiegandEvent(words: readonly string[], line: string): PinsWiegandEvent {
  const [, , reader = '', atNs, bitsText, hex = ''] = words;
  const bits = parseNumber(bitsText, line);
  const isWhole = /^[0-9a-f]+$/.test(hex) && hex.length === Math.ceil(bits / 4);
  if (words.length !== 6 || !isPinsName(reader) || !isWhole) throw protocolFault(line);
  if (bits < PINS_FRAME_BITS_MIN || bits > PINS_FRAME_BITS_MAX || BigInt(`0x${hex}`) >> BigInt(bits) !== 0n) {
    throw protocolFault(line);
  }
  return { type: 'wiegand', reader, atNs: parseTime(atNs, line), bits, hex };
}

function parseFaultEvent(words: readonly string[], line: string): PinsFaultEvent {
  const [, , name = '', atNs, text] = words;
  const reason = REASONS.find((one) => one === text);
  if (words.length !== 5 || !isPinsName(name) || reason === undefined) throw protocolFault(line);
  return { type: 'fault', name, atNs: parseTime(atNs, line), reason };
}

/** @throws pins_protocol */
export function parseEvent(line: string): PinsEvent {
  const words = line.split(' ');
  if (words[0] !== 'event') throw protocolFault(line);
  switch (words[1]) {
    case 'input':
      return parseInputEvent(words, line);
    case 'wiegand':
      return parseWiegandEvent(words, line);
    case 'fault':
      return parseFaultEvent(words, line);
    default:
      return parseOutputEvent(words, line);
  }
}
