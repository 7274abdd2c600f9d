import fc from 'fast-check';
import { isJsonObject, type Json, type JsonObject } from '../../../src/base/json.ts';

const LIST_MAX = 4;
/** They have no UTF-8, so no text of a body holds one. */
const SURROGATES = 0x800;
const ODD_TEXTS = [
  '',
  ' ',
  'a/b',
  '..',
  '__proto__',
  'constructor',
  'İ',
  'e\u0301',
  '\u202e',
  '\u{1f469}\u200d\u{1f52c}',
];

/** Any value that a body schema of the house's subset accepts, the odd ones first: what a hostile author may write. */
export function valuesOf(schema: JsonObject): fc.Arbitrary<Json> {
  const { enum: choices, anyOf, oneOf } = schema;
  if ('const' in schema) return fc.constant(schema.const ?? null);
  if (Array.isArray(choices)) return fc.constantFrom(...(choices as Json[]));
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  const branches = Array.isArray(oneOf) ? oneOf : Array.isArray(anyOf) ? anyOf : undefined;
  if (branches !== undefined && schema.type === undefined) {
    return fc.oneof(...branches.filter(isJsonObject).map((branch) => valuesOf(branch)));
  }
  return fc.oneof(...types.map((type) => valuesOfType(String(type), schema)));
}

function valuesOfType(type: string, schema: JsonObject): fc.Arbitrary<Json> {
  switch (type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return integers(schema);
    case 'string':
      return texts(schema);
    case 'array': {
      const minLength = count(schema.minItems, 0);
      const items = isJsonObject(schema.items) ? valuesOf(schema.items) : fc.constant(null);
      return fc.array(items, {
        minLength,
        maxLength: Math.max(minLength, Math.min(LIST_MAX, count(schema.maxItems, 9))),
      });
    }
    case 'object':
      return objects(schema);
    default:
      throw new Error(`no values of type ${type}`);
  }
}

function integers(schema: JsonObject): fc.Arbitrary<Json> {
  const min = count(schema.minimum, Number.MIN_SAFE_INTEGER);
  const max = count(schema.maximum, Number.MAX_SAFE_INTEGER);
  return fc.oneof(
    fc.constantFrom(min, max),
    fc.integer({ min: Math.max(min, -(2 ** 31)), max: Math.min(max, 2 ** 31) }),
  );
}

/** Lengths are in code points, as the schemas count them. */
function texts(schema: JsonObject): fc.Arbitrary<Json> {
  const min = count(schema.minLength, 0);
  const max = Math.min(count(schema.maxLength, 64), min + 64);
  const fits = (text: string): boolean => min <= [...text].length && [...text].length <= max;
  const odd = ODD_TEXTS.filter(fits);
  const point = fc.integer({ min: 0, max: 0x10ffff - SURROGATES }).map((at) => (at < 0xd800 ? at : at + SURROGATES));
  const made = fc.array(point, { minLength: min, maxLength: max }).map((points) => String.fromCodePoint(...points));
  return odd.length === 0 ? made : fc.oneof(fc.constantFrom(...odd), made);
}

function objects(schema: JsonObject): fc.Arbitrary<Json> {
  const properties = isJsonObject(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
  const fields = Object.fromEntries(
    Object.entries(properties).map(([name, field]) => [name, valuesOf(isJsonObject(field) ? field : {})]),
  );
  return fc.record(fields, { requiredKeys: required }) as fc.Arbitrary<JsonObject>;
}

function count(value: Json | undefined, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
