import { CodedError, type ErrorFields } from '../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts';
import { DAPP_MESSAGE_BYTES_MAX, NAME_BYTES_MAX } from '../base/limits.ts';
import { parseStrictJson } from './strict-json.ts';

/** JSON-RPC 2.0 (https://www.jsonrpc.org/specification) without batches, its forms read strictly. */

export type RpcId = number | string;

export type RpcMessage =
  | { readonly type: 'request'; readonly id: RpcId; readonly method: string; readonly params: JsonObject }
  | { readonly type: 'notification'; readonly method: string; readonly params: JsonObject }
  | { readonly type: 'result'; readonly id: number; readonly result: Json }
  | { readonly type: 'error'; readonly id: number; readonly error: RemoteError };

/** An error that the other side answered with. Its code and words are the other side's and prove nothing. */
export class RemoteError extends CodedError {}

// Numbers of JSON-RPC 2.0 section 5.1; −32000 is the first of those left to applications.
const NUMBERS: Readonly<Record<string, number>> = {
  unknown_method: -32601,
  bad_params: -32602,
  internal_error: -32603,
};
const APPLICATION_ERROR = -32000;
const CODE = /^[a-z][a-z0-9_]*$/;

/** What the other side may not do; the peer ends on it. */
export function rpcFault(reason: string, fields: ErrorFields = {}): CodedError {
  return new CodedError('rpc_fault', `protocol fault: ${reason}`, { fields: { reason, ...fields } });
}

/** Whether `value` has the form of a code: snake_case of at most NAME_BYTES_MAX bytes. */
export function isCode(value: unknown): value is string {
  return typeof value === 'string' && value.length <= NAME_BYTES_MAX && CODE.test(value);
}

/** @throws rpc_fault, json_refused */
export function readMessage(line: string): RpcMessage {
  const message = parseStrictJson(line);
  if (Array.isArray(message)) throw rpcFault('a batch');
  if (!isJsonObject(message) || message.jsonrpc !== '2.0') throw rpcFault('not a JSON-RPC 2.0 object');
  if ('result' in message || 'error' in message) return readReply(message);
  onlyMembers(message, ['jsonrpc', 'id', 'method', 'params']);
  const { id, method, params = {} } = message;
  if (typeof method !== 'string' || Buffer.byteLength(method) > NAME_BYTES_MAX) throw rpcFault('bad method');
  if (!isJsonObject(params)) throw rpcFault('params is not an object');
  if (id === undefined) return { type: 'notification', method, params };
  if (typeof id !== 'number' && (typeof id !== 'string' || Buffer.byteLength(id) > NAME_BYTES_MAX)) {
    throw rpcFault('bad id of a request');
  }
  return { type: 'request', id, method, params };
}

function readReply(message: JsonObject): RpcMessage {
  const { id, result, error } = message;
  if (typeof id !== 'number') throw rpcFault('bad id of a reply');
  if (result !== undefined) {
    onlyMembers(message, ['jsonrpc', 'id', 'result']);
    return { type: 'result', id, result };
  }
  onlyMembers(message, ['jsonrpc', 'id', 'error']);
  if (!isJsonObject(error) || typeof error.code !== 'number' || typeof error.message !== 'string') {
    throw rpcFault('bad error of a reply');
  }
  return { type: 'error', id, error: readRemoteError(error.message, error.data) };
}

function readRemoteError(message: string, data: Json | undefined): RemoteError {
  const { code, fields, advice } = isJsonObject(data) ? data : {};
  return new RemoteError(isCode(code) ? code : 'rpc_error', cutText(message, DAPP_MESSAGE_BYTES_MAX), {
    fields: isJsonObject(fields) ? plainFields(fields) : {},
    ...(typeof advice === 'string' && { advice: cutText(advice, DAPP_MESSAGE_BYTES_MAX) }),
  });
}

function plainFields(fields: JsonObject): ErrorFields {
  const plain: Record<string, string | number | boolean | null> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string') plain[name] = cutText(value, DAPP_MESSAGE_BYTES_MAX);
    else if (typeof value !== 'object' || value === null) plain[name] = value;
  }
  return plain;
}

function cutText(text: string, bytesMax: number): string {
  if (Buffer.byteLength(text) <= bytesMax) return text;
  return Buffer.from(text)
    .subarray(0, bytesMax)
    .toString('utf8')
    .replace(/\uFFFD$/u, '');
}

function onlyMembers(message: JsonObject, allowed: readonly string[]): void {
  for (const member of Object.keys(message)) {
    if (!allowed.includes(member)) throw rpcFault('unknown member', { member: cutText(member, NAME_BYTES_MAX) });
  }
}

export function requestText(id: RpcId, method: string, params: JsonObject): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params });
}

export function notificationText(method: string, params: JsonObject): string {
  return JSON.stringify({ jsonrpc: '2.0', method, params });
}

export function resultText(id: RpcId, result: Json): string {
  return JSON.stringify({ jsonrpc: '2.0', id, result });
}

/** @param id null when the message that it answers could not be read. */
export function errorText(id: RpcId | null, error: CodedError): string {
  const { code, message, fields, advice } = error;
  const data = { code, ...(Object.keys(fields).length > 0 && { fields }), ...(advice !== undefined && { advice }) };
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code: NUMBERS[code] ?? APPLICATION_ERROR, message, data } });
}
