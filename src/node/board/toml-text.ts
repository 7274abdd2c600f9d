import type { Json, JsonObject } from '../../base/json.ts';

/** `value` as TOML: what has a key of its own first, then each table under its header, in the order of its keys. */
export function tomlText(value: JsonObject): string {
  return tableText(value, []).join('\n');
}

function tableText(value: JsonObject, path: readonly string[]): readonly string[] {
  const entries = Object.entries(value);
  const plain = entries.filter(([, one]) => !isTable(one)).map(([key, one]) => `${keyText(key)} = ${valueText(one)}`);
  const tables = entries.flatMap(([key, one]) => (isTable(one) ? tableText(one, [...path, key]) : []));
  const header = path.length > 0 ? [`[${path.map(keyText).join('.')}]`] : [];
  return [...header, ...plain, '', ...tables];
}

function isTable(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function keyText(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : stringText(key);
}

function valueText(value: Json): string {
  if (typeof value === 'string') return stringText(value);
  if (Array.isArray(value)) return `[${value.map(valueText).join(', ')}]`;
  if (isTable(value))
    return `{ ${Object.entries(value)
      .map(([key, one]) => `${keyText(key)} = ${valueText(one)}`)
      .join(', ')} }`;
  return String(value).replace('Infinity', 'inf').replace('NaN', 'nan');
}

/** TOML's basic strings are JSON's, but for DEL, which has to be escaped. */
function stringText(text: string): string {
  return JSON.stringify(text).replaceAll('\x7f', '\\u007f');
}
