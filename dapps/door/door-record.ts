import { Fault } from '../sdk/fault.ts';
import { id, integer, object, text, textOrNull } from '../sdk/fields.ts';
import type { Json, JsonObject } from '../sdk/json.ts';
import { plainText } from '../sdk/plain-text.ts';
import {
  DOOR_BITS,
  OPEN_MS_MAX,
  OPEN_MS_MIN,
  PASSBACK_MS_MAX,
  TITLE_POINTS_MAX,
  TWO_MS_MAX,
  TWO_MS_MIN,
} from './limits.ts';
import { checkedRules, parseRules, type Rule } from './who.ts';
import { changedWires, NO_WIRES, parseWires, type Wires } from './wires.ts';

/** Soft anti-passback: who has come in through a door of `area` does so again only `ms` later. */
interface Passback {
  readonly area: string;
  readonly ms: number;
}

/** What a door is, its reader and output aside: what `door.edit` may change. */
export interface DoorSettings extends Wires {
  readonly title: string | null;
  readonly openMs: number;
  /** The narrowest view of a card this door accepts; a 24-bit number is shared by more cards than a 40-bit one. */
  readonly bits: number;
  readonly allow: readonly Rule[];
  /** The schedule at whose hours the door stands open, or null. */
  readonly keepOpen: string | null;
  readonly pin: boolean;
  /** How long the first of two people is waited for; 0: one is enough. */
  readonly twoMs: number;
  readonly passback: Passback | null;
  /** How old the state may be when this board came back from a backup; null: any age. */
  readonly staleMs: number | null;
}

/** A door: the reader in front of it, the output that opens it, and who gets through. */
export interface Door extends DoorSettings {
  readonly reader: string;
  readonly output: string;
}

/** A door and its name. */
export interface NamedDoor {
  readonly name: string;
  readonly door: Door;
}

const SETTINGS_DEFAULT: Omit<DoorSettings, 'openMs' | 'bits'> = {
  title: null,
  allow: [{ who: 'everyone', schedule: null }],
  keepOpen: null,
  pin: false,
  twoMs: 0,
  passback: null,
  staleMs: null,
  ...NO_WIRES,
};

const isNone = (value: Json | undefined): boolean => (value ?? null) === null;

/** A door as the state has it, those included that version 0.1.0 wrote. */
export function parseDoor(from: JsonObject): Door {
  const schedule = textOrNull(from, 'schedule');
  return {
    ...SETTINGS_DEFAULT,
    title: textOrNull(from, 'title'),
    reader: text(from, 'reader'),
    output: text(from, 'output'),
    openMs: integer(from, 'openMs', OPEN_MS_MIN, OPEN_MS_MAX),
    bits: integer(from, 'bits', 0, Number.MAX_SAFE_INTEGER),
    allow: from.allow === undefined ? [{ who: 'everyone', schedule }] : parseRules(from),
    keepOpen: textOrNull(from, 'keepOpen'),
    pin: from.pin === true,
    twoMs: from.twoMs === undefined ? 0 : integer(from, 'twoMs', 0, TWO_MS_MAX),
    passback: isNone(from.passback) ? null : parsePassback(object(from, 'passback')),
    staleMs: isNone(from.staleMs) ? null : integer(from, 'staleMs', 0, Number.MAX_SAFE_INTEGER),
    ...parseWires(from),
  };
}

/** The settings of a new door; `schedule`, from version 0.1.0, is the one rule of everybody. */
export function newSettings(body: JsonObject): DoorSettings {
  const base = { ...SETTINGS_DEFAULT, openMs: readOpenMs(body), bits: readBits(body) };
  if (body.schedule === undefined) return changedSettings(base, body);
  if (body.allow !== undefined) throw new Fault('bad_rule', 'a door has schedule or allow, not both');
  const schedule = isNone(body.schedule) ? null : id(body, 'schedule');
  return changedSettings({ ...base, allow: [{ who: 'everyone', schedule }] }, body);
}

/**
 * The settings with what `body` names put in their place.
 * @throws Fault bad_field, bad_id, bad_text, bad_rule
 */
export function changedSettings(was: DoorSettings, body: JsonObject): DoorSettings {
  const has = (name: string): boolean => body[name] !== undefined;
  const orNull = <T>(name: string, read: () => T): T | null => (isNone(body[name]) ? null : read());
  return {
    title: has('title') ? orNull('title', () => plainText(body, 'title', TITLE_POINTS_MAX)) : was.title,
    openMs: has('openMs') ? readOpenMs(body) : was.openMs,
    bits: has('bits') ? readBits(body) : was.bits,
    allow: has('allow') ? checkedRules(body) : was.allow,
    keepOpen: has('keepOpen') ? orNull('keepOpen', () => id(body, 'keepOpen')) : was.keepOpen,
    pin: has('pin') ? body.pin === true : was.pin,
    twoMs: has('twoMs') ? readTwoMs(body) : was.twoMs,
    passback: has('passback') ? orNull('passback', () => parsePassback(object(body, 'passback'))) : was.passback,
    staleMs: has('staleMs') ? orNull('staleMs', () => readStaleMs(body)) : was.staleMs,
    ...changedWires(was, body),
  };
}

/** The schedules that a door names. */
export function schedulesOf({ allow, keepOpen }: DoorSettings): readonly string[] {
  const named = [...allow.map(({ schedule }) => schedule), keepOpen];
  return [...new Set(named.filter((schedule) => schedule !== null))];
}

function readOpenMs(body: JsonObject): number {
  return integer(body, 'openMs', OPEN_MS_MIN, OPEN_MS_MAX);
}

function readBits(body: JsonObject): number {
  const bits = integer(body, 'bits', 24, 40);
  if (!DOOR_BITS.includes(bits)) throw new Fault('bad_field', `bits is one of ${DOOR_BITS.join(', ')}`);
  return bits;
}

function readTwoMs(body: JsonObject): number {
  return body.twoMs === 0 ? 0 : integer(body, 'twoMs', TWO_MS_MIN, TWO_MS_MAX);
}

function readStaleMs(body: JsonObject): number {
  return integer(body, 'staleMs', 0, Number.MAX_SAFE_INTEGER);
}

function parsePassback(from: JsonObject): Passback {
  return { area: id(from, 'area'), ms: integer(from, 'ms', 1, PASSBACK_MS_MAX) };
}
