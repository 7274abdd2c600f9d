import { CodedError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { countSpelledMembers } from '../base/json-scan.ts';
import { JSON_DEPTH_MAX } from '../base/limits.ts';

/**
 * JSON as it may stand on a line: one meaning only, and none of what makes two parsers disagree. Refused are nesting
 * over JSON_DEPTH_MAX, a member that stands twice, the member `__proto__`, text with a lone surrogate, and numbers
 * that are not integers within ±(2^53 − 1) (so also 1.5, 1e999 and −0). Members come in any order.
 */

function refuse(reason: string): never {
  throw new CodedError('json_refused', `refused JSON: ${reason}`, { fields: { reason } });
}

/** @throws json_refused with `reason`. */
export function parseStrictJson(text: string): Json {
  const members = countSpelledMembers(text, JSON_DEPTH_MAX);
  if (members === null) refuse(`nested deeper than ${JSON_DEPTH_MAX}`);
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own words repeat parts of the text, which may be anything.
    return refuse('not JSON');
  }
  // JSON.parse keeps the last of two equal members, so fewer are left than the text has colons.
  if (countMembers(value) !== members) refuse('a member stands twice');
  return value;
}

/**
 * Checks a value made on this side before it is sent.
 * @throws json_refused with `reason`.
 */
export function checkStrictJson(value: Json): void {
  countMembers(value);
}

function countMembers(value: Json, depth = 0): number {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) refuse('a number is not an integer within ±(2^53 − 1)');
    return 0;
  }
  if (typeof value === 'string') return checkText(value);
  if (typeof value !== 'object' || value === null) return 0;
  if (depth >= JSON_DEPTH_MAX) refuse(`nested deeper than ${JSON_DEPTH_MAX}`);
  let members = 0;
  if (Array.isArray(value)) {
    for (const item of value) members += countMembers(item, depth + 1);
    return members;
  }
  for (const [name, member] of Object.entries(value)) {
    if (name === '__proto__') refuse('a member is named __proto__');
    checkText(name);
    members += 1 + countMembers(member, depth + 1);
  }
  return members;
}

function checkText(text: string): 0 {
  if (!text.isWellFormed()) refuse('text holds a lone surrogate');
  return 0;
}
