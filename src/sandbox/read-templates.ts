import { CodedError } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { STATE_KEY_BYTES_MAX } from '../base/limits.ts';

/**
 * Templates of the keys that an entry's judging reads, so that they travel with the call: `dapp:key`, where the key
 * may hold placeholders `{body.member.member…}` and `{author.key|principal|node}`.
 */

interface StateKey {
  readonly dapp: string;
  readonly key: string;
}

export interface ReadTemplate {
  readonly dapp: string;
  /** Literal text at even places, paths of members at odd ones. */
  readonly parts: readonly (string | readonly string[])[];
}

const PLACEHOLDER = /\{([^{}]*)\}/;
const PATH = /^(body(\.[A-Za-z0-9_-]+)+|author\.(key|principal|node))$/;

/** @throws template_invalid with template and reason. */
export function parseReadTemplate(template: string, dapps: readonly string[]): ReadTemplate {
  const colon = template.indexOf(':');
  const dapp = template.slice(0, Math.max(0, colon));
  if (colon < 0 || colon === template.length - 1) throw invalid(template, 'not of the form dapp:key');
  if (!dapps.includes(dapp)) throw invalid(template, 'the dapp is neither this one nor in reads');
  const parts = template
    .slice(colon + 1)
    .split(PLACEHOLDER)
    .map((part, index) => {
      if (index % 2 === 0) {
        if (/[{}]/.test(part)) throw invalid(template, 'a brace without its other half');
        return part;
      }
      if (!PATH.test(part)) throw invalid(template, `unknown placeholder {${part}}`);
      return part.split('.');
    });
  return { dapp, parts };
}

/** The key, or undefined when a member is absent, is neither text nor integer, or the key would be too long. */
export function fillTemplate(template: ReadTemplate, values: { body: Json; author: JsonObject }): StateKey | undefined {
  let key = '';
  for (const part of template.parts) {
    const piece = typeof part === 'string' ? part : memberAt(values, part);
    if (piece === undefined) return undefined;
    key += piece;
  }
  const bytes = Buffer.byteLength(key);
  return bytes === 0 || bytes > STATE_KEY_BYTES_MAX ? undefined : { dapp: template.dapp, key };
}

function memberAt(values: JsonObject, path: readonly string[]): string | undefined {
  let value: Json | undefined = values;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as JsonObject)[name];
  }
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

function invalid(template: string, reason: string): CodedError {
  return new CodedError('template_invalid', `bad template ${template}: ${reason}`, { fields: { template, reason } });
}
