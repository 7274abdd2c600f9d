import type { JsonObject } from '../../src/base/json.ts';
import { DAPP_MESSAGE_BYTES_MAX, DAPP_WRITES_MAX } from '../../src/base/limits.ts';

/** An entry's body that makes the program answer with `result`, written as it is. */
export function raw(result: string): JsonObject {
  return { do: 'raw', raw: `{"jsonrpc":"2.0","id":ID,"result":${result}}` };
}

function accepted(members: string): JsonObject {
  return raw(`{"ok":true,"writes":[],"events":[],"then":[]${members}}`);
}

export function writing(value: string, key = '"k"'): JsonObject {
  return raw(`{"ok":true,"events":[],"then":[],"writes":[{"key":${key},"value":${value}}]}`);
}

const MANY_WRITES = Array.from({ length: DAPP_WRITES_MAX + 1 }, (_, i) => ({ key: `${i}`, value: i }));

/** What the program does and the code, and here and there the reason, that the call fails with. */
export const FAULTS: Readonly<Record<string, readonly [JsonObject, string, string?]>> = {
  silent: [{ do: 'silent' }, 'dapp_timeout'],
  'silent and deaf to SIGTERM': [{ do: 'deaf' }, 'dapp_timeout'],
  'closes its input and lives': [{ do: 'close_input' }, 'dapp_timeout'],
  'exits in mid-call': [{ do: 'exit' }, 'dapp_exited'],
  'exits in mid-answer': [{ do: 'half' }, 'dapp_protocol', 'line_cut'],
  aborts: [{ do: 'abort' }, 'dapp_exited'],
  'closes its output and lives': [{ do: 'close_output' }, 'dapp_exited'],
  'giant bytes without an LF': [{ do: 'giant' }, 'dapp_overflow'],
  'a giant line': [{ do: 'giant_line' }, 'dapp_overflow'],
  'endless bytes': [{ do: 'flood' }, 'dapp_overflow'],
  'endless empty lines': [{ do: 'flood_lines' }, 'dapp_protocol'],
  'endless notifications': [{ do: 'flood_notifications' }, 'dapp_protocol'],
  'endless requests, no answer read': [{ do: 'flood_reads' }, 'dapp_timeout'],
  'one request too many': [{ do: 'reads_1025' }, 'dapp_overflow', 'reads'],
  'bad UTF-8': [{ do: 'bad_utf8' }, 'dapp_protocol', 'line_not_utf8'],
  'another id': [{ do: 'raw', raw: '{"jsonrpc":"2.0","id":99999,"result":{}}' }, 'dapp_protocol'],
  'the id as text': [{ do: 'raw', raw: '{"jsonrpc":"2.0","id":"ID","result":{}}' }, 'dapp_protocol'],
  'the id null': [{ do: 'raw', raw: '{"jsonrpc":"2.0","id":null,"result":{}}' }, 'dapp_protocol'],
  'no JSON': [{ do: 'raw', raw: 'Traceback (most recent call last):' }, 'dapp_protocol'],
  'a batch': [{ do: 'raw', raw: '[{"jsonrpc":"2.0","id":ID,"result":{}}]' }, 'dapp_protocol', 'a batch'],
  'an error for an outcome': [
    { do: 'raw', raw: '{"jsonrpc":"2.0","id":ID,"error":{"code":1,"message":"no","data":{"code":"dapp_timeout"}}}' },
    'dapp_protocol',
    'answered with the error dapp_timeout',
  ],
  'a member twice': [accepted(',"ok":false'), 'dapp_protocol', 'a member stands twice'],
  'a member twice, by escape': [writing('{"a":1,"\\u0061":2}'), 'dapp_protocol', 'a member stands twice'],
  __proto__: [writing('{"__proto__":{"a":1}}'), 'dapp_protocol', 'a member is named __proto__'],
  '__proto__ of the outcome': [raw('{"__proto__":{"ok":true,"writes":[],"events":[],"then":[]}}'), 'dapp_protocol'],
  'deep nesting': [writing('['.repeat(100_000) + ']'.repeat(100_000)), 'dapp_protocol', 'nested deeper than 32'],
  'nesting beyond the ledger': [writing('['.repeat(20) + ']'.repeat(20)), 'dapp_protocol'],
  'a huge number': [writing('1e999'), 'dapp_protocol'],
  '2^53': [writing('9007199254740992'), 'dapp_protocol'],
  'a fraction': [writing('0.5'), 'dapp_protocol'],
  'minus zero': [writing('-0'), 'dapp_protocol'],
  NaN: [writing('NaN'), 'dapp_protocol', 'not JSON'],
  Infinity: [writing('Infinity'), 'dapp_protocol', 'not JSON'],
  'half of a surrogate pair': [writing('"\\ud800"'), 'dapp_protocol', 'text holds a lone surrogate'],
  'bytes that are not base64': [writing('{"/":{"bytes":"A"}}'), 'dapp_protocol'],
  'bytes with stray bits': [writing('{"/":{"bytes":"AB"}}'), 'dapp_protocol'],
  'a link': [writing('{"/":"bafy"}'), 'dapp_protocol'],
  'bytes and more': [writing('{"/":{"bytes":""},"a":1}'), 'dapp_protocol'],
  'too many items': [writing(`[${'0,'.repeat(20_000)}0]`), 'dapp_protocol'],
  'a value too large': [writing(`"${'v'.repeat(64 * 1024)}"`), 'dapp_overflow'],
  'a value missing': [raw('{"ok":true,"events":[],"then":[],"writes":[{"key":"k"}]}'), 'dapp_protocol'],
  'a key too long': [writing('1', `"${'€'.repeat(171)}"`), 'dapp_protocol'],
  'an empty key': [writing('1', '""'), 'dapp_protocol'],
  'a key that is no text': [writing('1', '7'), 'dapp_protocol'],
  'a write of more': [
    raw('{"ok":true,"events":[],"then":[],"writes":[{"key":"k","value":1,"dapp":"mesh"}]}'),
    'dapp_protocol',
  ],
  'a key twice': [
    raw('{"ok":true,"events":[],"then":[],"writes":[{"key":"k","value":1},{"key":"k","value":2}]}'),
    'dapp_protocol',
    'a key is written twice',
  ],
  'too many writes': [
    raw(`{"ok":true,"events":[],"then":[],"writes":${JSON.stringify(MANY_WRITES)}}`),
    'dapp_overflow',
    'writes',
  ],
  'a topic with a wildcard': [
    raw('{"ok":true,"writes":[],"then":[],"events":[{"topic":"a/#","payload":1}]}'),
    'dapp_protocol',
  ],
  'commands in then': [
    raw('{"ok":true,"writes":[],"events":[],"then":[{"dapp":"mesh","kind":"x","body":{}}]}'),
    'dapp_protocol',
    'then_unsupported',
  ],
  'an unknown member': [accepted(',"undo":true'), 'dapp_protocol', 'unknown member'],
  'a member missing': [raw('{"ok":true,"writes":[]}'), 'dapp_protocol'],
  'ok as text': [raw('{"ok":"true","writes":[],"events":[],"then":[]}'), 'dapp_protocol'],
  'a list for an outcome': [raw('[]'), 'dapp_protocol'],
  'null for an outcome': [raw('null'), 'dapp_protocol'],
  'a refusal with writes': [raw('{"ok":false,"code":"a","message":"","writes":[]}'), 'dapp_protocol'],
  'a code in words': [raw('{"ok":false,"code":"Not today","message":""}'), 'dapp_protocol'],
  'a code too long': [raw(`{"ok":false,"code":"${'c'.repeat(65)}","message":""}`), 'dapp_protocol'],
  'a long message': [
    raw(`{"ok":false,"code":"c","message":"${'m'.repeat(DAPP_MESSAGE_BYTES_MAX + 1)}"}`),
    'dapp_overflow',
  ],
};
