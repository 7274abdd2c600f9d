import type { Document } from 'yaml';
import { CodedError, messageOf } from '../../base/errors.ts';
import { isJsonObject, type JsonObject } from '../../base/json.ts';
import type { TextRange } from '../toml.ts';

/** A file of YAML in which every scalar is the text that stands there: `no` is no boolean, 0123 no number. */
export interface YamlText {
  readonly value: JsonObject;
  /** Line (from 1) of the value at `path`, or of the nearest one above it. */
  lineOf(path: readonly (string | number)[]): number;
  /** Where in the source a value is written, in bytes, the end of its last line left out; null: no such value. */
  bytesOf(path: readonly (string | number)[]): TextRange | null;
}

/** @throws yaml_syntax, with the line. An empty file is an empty table. */
export async function parseYaml(source: string, name: string): Promise<YamlText> {
  // Only a board that boots with another card than before needs it.
  const { parseDocument } = await import('yaml');
  const lineAt = (offset: number) => source.slice(0, offset).split('\n').length;
  let document: Document;
  let value: unknown;
  try {
    document = parseDocument(source, { schema: 'failsafe', logLevel: 'error' });
    const [error] = document.errors;
    if (error !== undefined) throw syntax(name, lineAt(error.pos[0]), withoutQuotes(error.message));
    value = document.toJS({ maxAliasCount: 0 }) ?? {};
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    throw syntax(name, 1, withoutQuotes(messageOf(cause)), cause);
  }
  if (!isJsonObject(value)) throw syntax(name, 1, 'this is no table of keys');
  return {
    value,
    lineOf(path) {
      const range = nearestRange(document, path);
      return range === null ? 1 : lineAt(range[0]);
    },
    bytesOf(path) {
      const range = rangeOf(document, path);
      if (range === null) return null;
      const start = Buffer.byteLength(source.slice(0, range[0]));
      return { start, end: start + Buffer.byteLength(source.slice(...range).trimEnd()) };
    },
  };
}

type Range = readonly [start: number, end: number];

function rangeOf(document: Document, path: readonly (string | number)[]): Range | null {
  const node = document.getIn(path, true) as { readonly range?: readonly [number, number, number] | null } | undefined;
  return node?.range ? [node.range[0], node.range[1]] : null;
}

function nearestRange(document: Document, path: readonly (string | number)[]): Range | null {
  for (let length = path.length; length > 0; length -= 1) {
    const range = rangeOf(document, path.slice(0, length));
    if (range !== null) return range;
  }
  return null;
}

/** The library quotes the file behind a colon, and that may be a password; place and picture follow in lines of their own. */
function withoutQuotes(message: string): string {
  return message.split(/:| \\| at line |\n/, 1)[0] ?? '';
}

function syntax(name: string, line: number, what: string, cause?: unknown): CodedError {
  return new CodedError('yaml_syntax', `${name} line ${line}: ${what}`, {
    cause,
    fields: { path: name, line },
    advice: 'Write the card anew with Raspberry Pi Imager, or use blockmesh.toml.',
  });
}
