import { Ajv, type ErrorObject } from 'ajv';
import { isJsonObject, type JsonObject } from '../../base/json.ts';
import { configError } from '../config-error.ts';
import { parseToml, type TomlText } from '../toml.ts';
import { type CardNote, noteOf } from './card-note.ts';
import { type CardPatch, isMasked, MASK, maskOver, NO_PATCH } from './card-patch.ts';
import { BOARD_SECTIONS, cardSchema } from './card-schema.ts';

/**
 * The card's own `blockmesh.toml`. Keys that nobody knows are told and left out, so that a slip in one keeps nobody
 * from the network; whatever else is wrong refuses the file.
 * @throws config_syntax, config_unknown_key (of the prototype), config_invalid, each with the line.
 */
export function parseCard(source: string, name: string): CardPatch {
  const toml = parseToml(source, name);
  const all = toml.value as JsonObject;
  const isOurs = (section: string) => BOARD_SECTIONS.includes(section);
  const pick = (wanted: boolean) => Object.fromEntries(Object.entries(all).filter(([key]) => isOurs(key) === wanted));
  const ours = pick(true);
  const notes = checked(ours, toml, name);
  return {
    ...NO_PATCH,
    ...withoutMasked(ours),
    node: pick(false),
    masks: masksIn(ours, toml),
    notes,
    lineOf: toml.lineOf,
  };
}

/** Takes unknown keys out of `value`. @throws config_invalid. */
function checked(value: JsonObject, toml: TomlText, name: string): readonly CardNote[] {
  const check = new Ajv({ allErrors: true }).compile(cardSchema());
  if (check(value)) return [];
  const notes: CardNote[] = [];
  for (const error of check.errors ?? []) {
    const fault = configError(error, toml, name);
    if (error.keyword !== 'additionalProperties') throw fault;
    drop(value, error);
    notes.push(noteOf(fault));
  }
  return notes;
}

function drop(value: JsonObject, { instancePath, params }: ErrorObject): void {
  const above = instancePath.split('/').slice(1);
  const table = above.reduce<unknown>((at, key) => (isJsonObject(at) ? at[key] : undefined), value);
  if (isJsonObject(table)) Reflect.deleteProperty(table, params.additionalProperty as string);
}

/** Dots stand for what the board keeps already, and so does an empty list of cards. */
function withoutMasked(ours: JsonObject): Partial<CardPatch> {
  const { wifi, space, ...rest } = ours as Partial<Pick<CardPatch, 'wifi' | 'space'>>;
  const { password, ...network } = wifi ?? {};
  const { badge, break_glass = [], ...orders } = space ?? {};
  return {
    ...rest,
    wifi: password === undefined || isMasked(password) ? network : { ...network, password },
    space: {
      ...orders,
      ...(badge === undefined || isMasked(badge) ? {} : { badge }),
      ...(break_glass.length === 0 ? {} : { break_glass }),
    },
  };
}

function masksIn(ours: JsonObject, toml: TomlText): CardPatch['masks'] {
  const { wifi, space } = ours as Partial<Pick<CardPatch, 'wifi' | 'space'>>;
  const over = (value: string | undefined, path: readonly string[]) =>
    value === undefined || isMasked(value) ? [] : maskOver(toml.bytesOf(path), `"${MASK}"`);
  const glass = space?.break_glass ?? [];
  return [
    ...over(wifi?.password, ['wifi', 'password']),
    ...over(space?.badge, ['space', 'badge']),
    ...(glass.length === 0 ? [] : maskOver(toml.bytesOf(['space', 'break_glass']), '[]')),
  ];
}
