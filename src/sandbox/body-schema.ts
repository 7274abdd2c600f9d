import { CodedError } from '../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts';
import { CBOR_DEPTH_MAX, SCHEMA_NODES_MAX } from '../base/limits.ts';

/**
 * The subset of JSON Schema (2020-12 meanings) that a body may be described in: what every validator answers alike
 * and in bounded time. No `pattern` and `format`, whose meaning differs between engines; no references; no numbers
 * but integers. An object says `additionalProperties` itself, because both defaults have surprised people.
 */

type Check = (value: Json) => boolean;

const isCount: Check = (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const isInteger: Check = (value) => Number.isSafeInteger(value);
const isText: Check = (value) => typeof value === 'string';
const isTexts: Check = (value) => Array.isArray(value) && value.every(isText);
const TYPES = ['object', 'array', 'string', 'integer', 'boolean', 'null'];
const isType: Check = (value) =>
  (Array.isArray(value) && value.length > 0 ? value : [value]).every((type) => TYPES.includes(type as string));

/** Keywords whose value is no schema. */
const PLAIN: Readonly<Record<string, Check>> = {
  title: isText,
  description: isText,
  type: isType,
  required: isTexts,
  minProperties: isCount,
  maxProperties: isCount,
  minItems: isCount,
  maxItems: isCount,
  minLength: isCount,
  maxLength: isCount,
  minimum: isInteger,
  maximum: isInteger,
  enum: (value) => Array.isArray(value) && value.length > 0,
  const: () => true,
};

interface Walk {
  readonly kind: string;
  nodes: number;
}

/** @throws schema_keyword_refused (kind, path, keyword), schema_invalid (kind, path, reason). */
export function checkBodySchema(kind: string, schema: JsonObject): void {
  if (schema.type !== 'object') throw invalid(kind, '', 'a body is of type object');
  walk({ kind, nodes: 0 }, schema, '', 0);
}

function walk(state: Walk, schema: Json | undefined, path: string, depth: number): void {
  const { kind } = state;
  if (!isJsonObject(schema)) throw invalid(kind, path, 'a schema is an object');
  if (depth > CBOR_DEPTH_MAX) throw invalid(kind, path, 'nested too deeply');
  if (++state.nodes > SCHEMA_NODES_MAX) throw invalid(kind, path, `more than ${SCHEMA_NODES_MAX} schemas`);
  for (const [keyword, value] of Object.entries(schema)) {
    const at = `${path}/${keyword}`;
    if (Object.hasOwn(PLAIN, keyword)) {
      if (PLAIN[keyword]?.(value) !== true) throw invalid(kind, at, 'bad value');
    } else if (keyword === 'properties') {
      if (!isJsonObject(value)) throw invalid(kind, at, 'bad value');
      for (const [name, member] of Object.entries(value)) walk(state, member, `${at}/${name}`, depth + 1);
    } else if (keyword === 'items') {
      walk(state, value, at, depth + 1);
    } else if (keyword === 'additionalProperties') {
      if (typeof value !== 'boolean') walk(state, value, at, depth + 1);
    } else if (keyword === 'anyOf' || keyword === 'oneOf') {
      if (!Array.isArray(value) || value.length === 0) throw invalid(kind, at, 'bad value');
      for (const [index, choice] of value.entries()) walk(state, choice, `${at}/${index}`, depth + 1);
    } else {
      throw new CodedError('schema_keyword_refused', `the body of ${kind} uses the keyword ${keyword}`, {
        fields: { kind, path, keyword },
        advice: 'Use the keywords listed in src/sandbox/PROTOCOL.md; check the rest in the contract.',
      });
    }
  }
  const isObject = Array.isArray(schema.type) ? schema.type.includes('object') : schema.type === 'object';
  if (isObject && schema.additionalProperties === undefined) {
    throw invalid(kind, path, 'an object schema says additionalProperties');
  }
}

function invalid(kind: string, path: string, reason: string): CodedError {
  return new CodedError(
    'schema_invalid',
    `the schema of the body of ${kind} is not valid at ${path || '/'}: ${reason}`,
    {
      fields: { kind, path, reason },
    },
  );
}
