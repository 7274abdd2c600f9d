import { isJsonObject, type JsonObject } from '../../base/json.ts';
import { countSpelledMembers } from '../../base/json-scan.ts';
import { JSON_DEPTH_MAX, READER_MESSAGE_BYTES_MAX } from '../../base/limits.ts';
import { type MqttFault, type MqttHeard, refused } from './message.ts';

/** The text of a payload, without white space around it; or why it is none. */
export function textOf(payload: Uint8Array): { readonly text: string } | MqttFault {
  if (payload.length > READER_MESSAGE_BYTES_MAX) return 'over_long';
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(payload).trim() };
  } catch {
    return 'not_text';
  }
}

/**
 * The JSON object that a payload holds; or why it is none. One meaning only: nesting over `JSON_DEPTH_MAX` is refused
 * before anything is built, and so is a member that stands twice, which two parsers may take differently.
 */
export function objectOf(payload: Uint8Array): { readonly object: JsonObject } | MqttFault {
  const read = textOf(payload);
  if (typeof read === 'string') return read;
  const spelled = countSpelledMembers(read.text, JSON_DEPTH_MAX);
  if (spelled === null) return 'not_json';
  try {
    const object: unknown = JSON.parse(read.text);
    return isJsonObject(object) && countMembers(object) === spelled ? { object } : 'not_json';
  } catch {
    return 'not_json';
  }
}

/** Also of what `object` holds, which nests no deeper than `JSON_DEPTH_MAX`. */
function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const values = Object.values(value);
  const own = Array.isArray(value) ? 0 : values.length;
  return values.reduce<number>((sum, member) => sum + countMembers(member), own);
}

/** Reads a payload that is one of two words, in either case. */
export function wordOf(
  payload: Uint8Array,
  [yes, no]: readonly [yes: string, no: string],
  say: (isYes: boolean) => MqttHeard,
): MqttHeard {
  const read = textOf(payload);
  if (typeof read === 'string') return refused(read);
  const word = read.text.toLowerCase();
  if (word === yes.toLowerCase()) return say(true);
  return word === no.toLowerCase() ? say(false) : refused('bad_state');
}

export function stateOf(isOn: boolean): MqttHeard {
  return { type: 'state', isOn };
}

export function availabilityOf(isOnline: boolean): MqttHeard {
  return { type: 'availability', isOnline };
}
