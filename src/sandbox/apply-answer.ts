import { CodedError } from '../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts';
import {
  DAPP_EVENTS_MAX,
  DAPP_MESSAGE_BYTES_MAX,
  DAPP_WRITES_MAX,
  STATE_VALUE_BYTES_MAX,
  TOPIC_BYTES_MAX,
} from '../base/limits.ts';
import { dappProtocolFault } from './dapp-fault.ts';
import { isCode } from './rpc-messages.ts';
import { isTopicName } from './topics.ts';
import { isStateKey, ledgerBytesOf } from './values.ts';

export interface StateWrite {
  readonly key: string;
  /** Null deletes. */
  readonly value: Json;
}

export interface DappEvent {
  readonly topic: string;
  readonly payload: Json;
}

/** A contract's verdict on one entry. */
export type ApplyOutcome =
  | {
      readonly ok: true;
      /** No key twice; at most DAPP_WRITES_MAX. */
      readonly writes: readonly StateWrite[];
      /** At most DAPP_EVENTS_MAX. */
      readonly events: readonly DappEvent[];
      /** Commands that follow; none are taken yet. */
      readonly then: readonly [];
    }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** @throws dapp_protocol, dapp_overflow (reason) when `answer` is anything but an outcome within its caps. */
export function checkApplyAnswer(answer: Json): ApplyOutcome {
  if (!isJsonObject(answer)) throw dappProtocolFault('the answer is not an object');
  if (answer.ok === true) return checkAccepted(answer);
  if (answer.ok === false) return checkRefused(answer);
  throw dappProtocolFault('ok is neither true nor false');
}

function checkAccepted(answer: JsonObject): ApplyOutcome {
  onlyMembers(answer, ['ok', 'writes', 'events', 'then']);
  const writes = list(answer, 'writes', DAPP_WRITES_MAX).map(checkWrite);
  if (new Set(writes.map(({ key }) => key)).size !== writes.length) throw dappProtocolFault('a key is written twice');
  const events = list(answer, 'events', DAPP_EVENTS_MAX).map(checkEvent);
  if (list(answer, 'then', Number.POSITIVE_INFINITY).length > 0) throw dappProtocolFault('then_unsupported');
  // biome-ignore lint/suspicious/noThenProperty: the protocol's word; a list is not taken for a promise
  return { ok: true, writes, events, then: [] };
}

function checkRefused(answer: JsonObject): ApplyOutcome {
  onlyMembers(answer, ['ok', 'code', 'message']);
  const { code, message } = answer;
  if (!isCode(code)) throw dappProtocolFault('code is not a short snake_case word');
  if (typeof message !== 'string') throw dappProtocolFault('message is not text');
  if (Buffer.byteLength(message) > DAPP_MESSAGE_BYTES_MAX) throw overflow('message', DAPP_MESSAGE_BYTES_MAX);
  return { ok: false, code, message };
}

function checkWrite(row: Json): StateWrite {
  if (!isJsonObject(row)) throw dappProtocolFault('a write is not an object');
  onlyMembers(row, ['key', 'value']);
  const { key, value } = row;
  if (!isStateKey(key)) throw dappProtocolFault('the key of a write is not text of an allowed length');
  return { key, value: checkValue(value, 'the value of a write') };
}

function checkEvent(row: Json): DappEvent {
  if (!isJsonObject(row)) throw dappProtocolFault('an event is not an object');
  onlyMembers(row, ['topic', 'payload']);
  const { topic, payload } = row;
  if (typeof topic !== 'string' || !isTopicName(topic)) throw dappProtocolFault('the topic of an event is not one');
  if (Buffer.byteLength(topic) > TOPIC_BYTES_MAX) throw overflow('topic', TOPIC_BYTES_MAX);
  return { topic, payload: checkValue(payload, 'the payload of an event') };
}

function checkValue(value: Json | undefined, what: string): Json {
  if (value === undefined) throw dappProtocolFault(`${what} is missing`);
  let bytes: number;
  try {
    bytes = ledgerBytesOf(value);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    throw dappProtocolFault(`${what} is ${error.message}`);
  }
  if (bytes > STATE_VALUE_BYTES_MAX) throw overflow(what, STATE_VALUE_BYTES_MAX);
  return value;
}

function list(answer: JsonObject, member: string, itemsMax: number): readonly Json[] {
  const items = answer[member];
  if (!Array.isArray(items)) throw dappProtocolFault(`${member} is not a list`);
  if (items.length > itemsMax) throw overflow(member, itemsMax);
  return items;
}

function onlyMembers(object: JsonObject, allowed: readonly string[]): void {
  if (Object.keys(object).some((member) => !allowed.includes(member))) throw dappProtocolFault('unknown member');
}

function overflow(reason: string, max: number): CodedError {
  return new CodedError('dapp_overflow', `${reason} is over its cap of ${max}`, { fields: { reason, max } });
}
