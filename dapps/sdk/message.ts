import { Fault } from './fault.ts';
import type { Json, JsonObject } from './json.ts';
import { isJsonObject, whyNotJson } from './json.ts';

/** One JSON-RPC 2.0 message, its form checked. Batches do not exist on this line. */
type Message =
  | { readonly type: 'request'; readonly id: number | string; readonly method: string; readonly params: JsonObject }
  | { readonly type: 'notification'; readonly method: string; readonly params: JsonObject }
  | { readonly type: 'result'; readonly id: number | string; readonly result: Json }
  | { readonly type: 'error'; readonly id: number | string; readonly code: string; readonly message: string };

function broken(why: string): Fault {
  return new Fault('broken_message', why);
}

function idOf(value: Json | undefined): number | string {
  if (typeof value === 'number' || typeof value === 'string') return value;
  throw broken('a message has an id that is neither number nor text');
}

function onlyFields(message: JsonObject, ...allowed: readonly string[]): void {
  for (const field of Object.keys(message)) {
    if (!allowed.includes(field)) throw broken(`unexpected field ${field}`);
  }
}

function parseError(message: JsonObject): Message {
  onlyFields(message, 'jsonrpc', 'id', 'error');
  const error = message.error;
  if (!isJsonObject(error) || typeof error.message !== 'string') throw broken('an error without a message');
  const data = error.data;
  const code = isJsonObject(data) && typeof data.code === 'string' ? data.code : 'internal_error';
  return { type: 'error', id: idOf(message.id), code, message: error.message };
}

/** @throws Fault broken_message when `line` is not one message of the protocol. */
export function parseMessage(line: string): Message {
  let message: unknown;
  try {
    message = JSON.parse(line);
  } catch {
    throw broken('not JSON');
  }
  const reason = whyNotJson(message);
  if (reason !== null) throw broken(reason);
  if (!isJsonObject(message) || message.jsonrpc !== '2.0') throw broken('not a JSON-RPC 2.0 object');
  if (message.error !== undefined) return parseError(message);
  if (message.result !== undefined) {
    onlyFields(message, 'jsonrpc', 'id', 'result');
    return { type: 'result', id: idOf(message.id), result: message.result };
  }
  onlyFields(message, 'jsonrpc', 'id', 'method', 'params');
  const method = message.method;
  const params = message.params ?? {};
  if (typeof method !== 'string') throw broken('neither call nor answer');
  if (!isJsonObject(params)) throw broken('params is not an object');
  if (message.id === undefined) return { type: 'notification', method, params };
  return { type: 'request', id: idOf(message.id), method, params };
}

/** The application's errors carry their code in `data`; the number only says whose they are (JSON-RPC 5.1). */
export function errorLine(id: number | string, code: string, message: string): string {
  const number = code === 'unknown_method' ? -32601 : code === 'internal_error' ? -32603 : -32000;
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code: number, message, data: { code } } });
}
