import { CodedError } from '../../base/errors.ts';
import { isJsonObject, type JsonObject } from '../../base/json.ts';
import { CARD_NOTES_MAX } from '../../base/limits.ts';
import { parseConfig } from '../config.ts';
import { type CardNote, noteOf } from './card-note.ts';
import type { CardPatch } from './card-patch.ts';
import { tomlText } from './toml-text.ts';

export interface NodeConfig {
  readonly node: JsonObject;
  /** As the node reads it. */
  readonly text: string;
  readonly notes: readonly CardNote[];
}

const HEAD =
  '# Written by `blockmesh board import` from the card. Whoever changes this file is overruled at the next import.\n';

/**
 * The node's own configuration, checked as the node will. Keys that nobody knows are left out and told.
 * @param folder that of the space.
 * @throws config_invalid and the other codes of a configuration, with the line on the card.
 */
export function nodeConfig(node: JsonObject, patch: CardPatch, name: string, folder: string): NodeConfig {
  const notes: CardNote[] = [];
  let wanted = node;
  for (;;) {
    const text = configText(wanted);
    try {
      parseConfig(text, name, folder);
      return { node: wanted, text, notes };
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      const told = onCard(error, patch, name);
      const path = String(error.fields.key ?? '').split('.');
      if (error.code !== 'config_unknown_key' || notes.length >= CARD_NOTES_MAX) throw told;
      wanted = without(wanted, path);
      notes.push(noteOf(told));
    }
  }
}

/** Not checked. */
export function configText(node: JsonObject): string {
  return HEAD + tomlText(node);
}

/** The same fault, at its place on the card instead of in the text that was made of it. */
function onCard(error: CodedError, patch: CardPatch, name: string): CodedError {
  const { key, line } = error.fields;
  if (typeof key !== 'string' || line === undefined) return error;
  const at = patch.lineOf(key.split('.'));
  const message = error.message.replace(`${name} line ${line}: `, `${name} line ${at}: `);
  const fields = { ...error.fields, line: at };
  const { cause, advice } = error;
  return new CodedError(error.code, message, { fields, cause, ...(advice === undefined ? {} : { advice }) });
}

function without(table: JsonObject, [key = '', ...below]: readonly string[]): JsonObject {
  const { [key]: inner, ...rest } = table;
  if (below.length === 0 || !isJsonObject(inner)) return rest;
  return { ...table, [key]: without(inner, below) };
}
