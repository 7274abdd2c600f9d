import type { Json, JsonObject } from '../base/json.ts';
import { isJsonObject } from '../base/json.ts';
import { REQUEST_PAYLOAD_BYTES_MAX, TRANSACTION_CHARS_MAX } from '../base/limits.ts';

/**
 * The topics below `<base>/` and what they carry, laid out as users of zigbee2mqtt know them. Everything is JSON but
 * `availability`, which is plain `online` or `offline`, as last wills are.
 */

export type Availability = 'online' | 'offline';

export const BRIDGE_STATE = 'bridge/state';
export const BRIDGE_INFO = 'bridge/info';
export const BRIDGE_DEVICES = 'bridge/devices';
/** What happened, once each, never retained. */
export const BRIDGE_EVENT = 'bridge/event';
const REQUEST_PREFIX = 'bridge/request/';
const RESPONSE_PREFIX = 'bridge/response/';
export const BRIDGE_REQUESTS = `${REQUEST_PREFIX}#`;
export const DOOR_SET = '+/set';
export const DOOR_GET = '+/get';

export function availabilityTopic(name: string): string {
  return `${name}/availability`;
}

/** The first level of `<name>/set` or `<name>/get`. */
export function nameOf(topic: string): string {
  return topic.split('/')[0] ?? '';
}

export function stateMessage(state: Availability): JsonObject {
  return { state };
}

export interface BridgeRequest {
  /** What is asked: the topic after `bridge/request/`. */
  readonly name: string;
  /** Given back in the answer, so that who asked finds it among others. */
  readonly transaction: string | null;
}

/**
 * A request on `bridge/request/<name>`: an empty payload, or JSON whose member `transaction`, a text or a number,
 * comes back. Its other members mean nothing here. A payload that is no JSON asks all the same, as a word does.
 */
export function readRequest(topic: string, payload: Uint8Array): BridgeRequest {
  const name = topic.slice(REQUEST_PREFIX.length);
  if (payload.length > REQUEST_PAYLOAD_BYTES_MAX) return { name, transaction: null };
  try {
    const value = JSON.parse(new TextDecoder().decode(payload)) as Json;
    const given = isJsonObject(value) ? value.transaction : undefined;
    if (typeof given !== 'string' && typeof given !== 'number') return { name, transaction: null };
    return { name, transaction: String(given).slice(0, TRANSACTION_CHARS_MAX) };
  } catch {
    return { name, transaction: null };
  }
}

type Answer = { readonly data: Json } | { readonly error: string };

/** The answer to a request, and the topic it goes to. */
export function responseTo(
  { name, transaction }: BridgeRequest,
  answer: Answer,
): { readonly topic: string; readonly message: JsonObject } {
  const told: JsonObject =
    'error' in answer ? { status: 'error', data: {}, error: answer.error } : { status: 'ok', data: answer.data };
  return { topic: `${RESPONSE_PREFIX}${name}`, message: { ...told, ...(transaction === null ? {} : { transaction }) } };
}
