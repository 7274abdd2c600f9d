import {
  PINS_DEBOUNCE_MS,
  PINS_DEBOUNCE_MS_MAX,
  PINS_GAP_MS,
  PINS_GAP_MS_MAX,
  PINS_ON_MS_MAX,
} from '../../base/limits.ts';
import { type Cut, cut, numberOf, oneOf, type Pin, pinOf, refuse } from './declaration-text.ts';
import type { PinsLevel } from './protocol.ts';

/** What the words after `--output`, `--input` and `--wiegand` declare; PROTOCOL.md holds their grammar. */

export type { Pin } from './declaration-text.ts';

export interface OutputDeclaration {
  readonly kind: 'output';
  readonly name: string;
  readonly pin: Pin;
  /** The physical level while on; the other one is the safe level. */
  readonly active: PinsLevel;
  readonly longestMs: number;
}

export interface InputDeclaration {
  readonly kind: 'input';
  readonly name: string;
  readonly pin: Pin;
  /** The physical level that is called active. */
  readonly active: PinsLevel;
  readonly bias: 'pull-up' | 'pull-down' | 'none';
  /** A level counts once it has lasted this long; 0: every edge counts. */
  readonly debounceMs: number;
}

export interface WiegandDeclaration {
  readonly kind: 'wiegand';
  readonly name: string;
  readonly d0: Pin;
  readonly d1: Pin;
  /** A frame ends when no edge has come for longer than this. */
  readonly gapMs: number;
}

export type Declaration = OutputDeclaration | InputDeclaration | WiegandDeclaration;

const LEVELS = ['high', 'low'] as const;
const BIASES = ['pull-up', 'pull-down', 'none'] as const;
const PIN_KEYS = ['chip', 'line', 'offset'];

const OUTPUT_KEYS: readonly string[] = [...PIN_KEYS, 'active', 'safe', 'longest'];
const INPUT_KEYS: readonly string[] = [...PIN_KEYS, 'active', 'bias', 'debounce'];
const WIEGAND_KEYS: readonly string[] = ['chip', 'd0', 'd1', 'd0_offset', 'd1_offset', 'gap'];

function activeOf(words: Cut): PinsLevel {
  const active = oneOf(LEVELS, words.values.get('active'));
  if (active === undefined) throw refuse(words, 'active=high or active=low is needed');
  return active;
}

function readOutput(text: string): OutputDeclaration {
  const words = cut('--output', text, OUTPUT_KEYS);
  const { name, values } = words;
  const pin = pinOf(words, 'line', 'offset');
  const active = activeOf(words);
  const safe = oneOf(LEVELS, values.get('safe'));
  if (safe === undefined) throw refuse(words, 'safe=high or safe=low is needed');
  if (active === safe) throw refuse(words, `active and safe are both ${safe}: at rest it would be on`);
  const longestMs = numberOf(values.get('longest'), 1, PINS_ON_MS_MAX);
  if (longestMs === undefined) throw refuse(words, `longest=MS from 1 to ${PINS_ON_MS_MAX} is needed`);
  return { kind: 'output', name, pin, active, longestMs };
}

function readInput(text: string): InputDeclaration {
  const words = cut('--input', text, INPUT_KEYS);
  const { name, values } = words;
  const pin = pinOf(words, 'line', 'offset');
  const active = activeOf(words);
  const bias = oneOf(BIASES, values.get('bias'));
  if (bias === undefined) throw refuse(words, 'bias=pull-up, bias=pull-down or bias=none is needed');
  const debounceMs = numberOf(values.get('debounce') ?? `${PINS_DEBOUNCE_MS}`, 0, PINS_DEBOUNCE_MS_MAX);
  if (debounceMs === undefined) throw refuse(words, `debounce is not a number of ms from 0 to ${PINS_DEBOUNCE_MS_MAX}`);
  return { kind: 'input', name, pin, active, bias, debounceMs };
}

function readWiegand(text: string): WiegandDeclaration {
  const words = cut('--wiegand', text, WIEGAND_KEYS);
  const { name, values } = words;
  const [d0, d1] = [pinOf(words, 'd0', 'd0_offset'), pinOf(words, 'd1', 'd1_offset')];
  if (samePin(d0, d1)) throw refuse(words, 'd0 and d1 are the same pin');
  const gapMs = numberOf(values.get('gap') ?? `${PINS_GAP_MS}`, 1, PINS_GAP_MS_MAX);
  if (gapMs === undefined) throw refuse(words, `gap is not a number of ms from 1 to ${PINS_GAP_MS_MAX}`);
  return { kind: 'wiegand', name, d0, d1, gapMs };
}

const READ = { '--output': readOutput, '--input': readInput, '--wiegand': readWiegand };

/**
 * What one option declares; undefined when `option` declares nothing.
 * @throws bad_pins_option
 */
export function readDeclaration(option: string, text: string): Declaration | undefined {
  if (option !== '--output' && option !== '--input' && option !== '--wiegand') return undefined;
  return READ[option](text);
}

export function samePin(one: Pin, other: Pin): boolean {
  return one.chip === other.chip && one.line === other.line && one.offset === other.offset;
}

/** One pin, or the two of a Wiegand reader. */
export function pinsOf(declaration: Declaration): readonly Pin[] {
  return declaration.kind === 'wiegand' ? [declaration.d0, declaration.d1] : [declaration.pin];
}
