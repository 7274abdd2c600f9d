import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import {
  CALLS_PENDING_MAX,
  CALLS_QUEUED_MAX,
  CALLS_URGENT_KEPT,
  JSON_DEPTH_MAX,
  LINE_BYTES_MAX,
  SCAN_ROWS_MAX,
} from '../../../dapps/sdk/limits.ts';
import { LineSplitter, utf8Length } from '../../../dapps/sdk/lines.ts';
import { parseMessage } from '../../../dapps/sdk/message.ts';
import { topicMatches } from '../../../dapps/sdk/topic.ts';
import { CodedError } from '../../../src/base/errors.ts';
import type { Json, JsonObject } from '../../../src/base/json.ts';
import * as limits from '../../../src/base/limits.ts';
import { folderOf, Program } from '../harness.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/dapps');
const ODD = join(FIXTURES, 'odd');
const HELLO = { abi: 1, dapp: 'odd', branch: 'main' };

t.test('both sides of the line have the same caps', async (t) => {
  t.same(
    { LINE_BYTES_MAX, SCAN_ROWS_MAX, JSON_DEPTH_MAX, CALLS_PENDING_MAX },
    {
      LINE_BYTES_MAX: limits.LINE_BYTES_MAX,
      SCAN_ROWS_MAX: limits.SCAN_ROWS_MAX,
      JSON_DEPTH_MAX: limits.JSON_DEPTH_MAX,
      CALLS_PENDING_MAX: limits.RPC_PENDING_MAX,
    },
  );
});

t.test('lines', async (t) => {
  const cut = (...pieces: readonly Uint8Array[]): string[] => {
    const lines: string[] = [];
    const splitter = new LineSplitter((line) => lines.push(Buffer.from(line).toString()));
    for (const piece of pieces) splitter.feed(piece);
    return lines;
  };
  const bytes = Buffer.from('one\n\ntwö\r\nrest');
  const want = ['one', '', 'twö\r'];
  t.same(cut(bytes), want, 'whole');
  t.same(cut(bytes, Buffer.from('\n'), bytes), [...want, 'rest', ...want], 'doubled');
  t.same(cut(...Array.from(bytes, (byte) => Uint8Array.of(byte))), want, 'byte by byte');
  for (let at = 0; at <= bytes.length; at += 1) {
    t.same(cut(bytes.subarray(0, at), bytes.subarray(at)), want, `cut at ${at}`);
  }
  const full = Buffer.alloc(LINE_BYTES_MAX, 'x');
  const end = Buffer.from('\n');
  t.equal(cut(full, end)[0]?.length, LINE_BYTES_MAX, 'a full line passes');
  t.equal(cut(Buffer.concat([full, end]))[0]?.length, LINE_BYTES_MAX);
  t.throws(() => cut(full, Buffer.from('x')), { code: 'line_too_long' }, 'without waiting for its end');
  t.throws(() => cut(Buffer.concat([full, Buffer.from('x\n')])), { code: 'line_too_long' });
  for (const sample of ['', 'a', 'ö', '\u{1f600}', '€'.repeat(9)]) {
    t.equal(utf8Length(sample), Buffer.byteLength(sample));
  }
});

t.test('messages that are none', async (t) => {
  const broken = [
    '',
    '{',
    '[]',
    'null',
    '7',
    '{}',
    '{"jsonrpc":"1.0","id":1,"method":"a"}',
    '[{"jsonrpc":"2.0","id":1,"method":"a"}]',
    '{"jsonrpc":"2.0","id":null,"method":"a"}',
    '{"jsonrpc":"2.0","id":{},"method":"a"}',
    '{"jsonrpc":"2.0","id":1,"method":7}',
    '{"jsonrpc":"2.0","id":1,"method":"a","params":[]}',
    '{"jsonrpc":"2.0","id":1,"method":"a","params":null,"extra":1}',
    '{"jsonrpc":"2.0","id":1,"method":"a","result":1}',
    '{"jsonrpc":"2.0","id":1,"result":1,"error":{"code":1,"message":"x"}}',
    '{"jsonrpc":"2.0","result":1}',
    '{"jsonrpc":"2.0","id":1,"error":"x"}',
    '{"jsonrpc":"2.0","id":1,"error":{}}',
    '{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":0.5}}',
    '{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":9007199254740993}}',
    '{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":1e999}}',
    '{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":"\\ud800"}}',
    '{"jsonrpc":"2.0","id":1,"method":"a","params":{"__proto__":{}}}',
    `{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":${'['.repeat(40)}${']'.repeat(40)}}}`,
  ];
  for (const line of broken) t.throws(() => parseMessage(line), { code: 'broken_message' }, line.slice(0, 80));
  t.strictSame(parseMessage('{"jsonrpc":"2.0","id":1,"result":null}'), { type: 'result', id: 1, result: null });
  t.strictSame(parseMessage('{"jsonrpc":"2.0","method":"a"}'), { type: 'notification', method: 'a', params: {} });
});

t.test('topics', async (t) => {
  const table: readonly [string, string, boolean][] = [
    ['badge/+', 'badge/r1', true],
    ['badge/+', 'badge/', true],
    ['badge/+', 'badge', false],
    ['badge/+', 'badge/r1/x', false],
    ['badge/r1', 'badge/r1', true],
    ['badge/r1', 'badge/r', false],
    ['badge/#', 'badge', true],
    ['badge/#', 'badge/r1/x', true],
    ['#', 'badge', true],
  ];
  for (const [filter, topic, want] of table) t.equal(topicMatches(filter, topic), want, `${filter} ${topic}`);
});

function odd(t: Test): Program {
  return new Program(t, ODD, 'contract.ts', (method, params) => {
    if (method === 'scan') throw new CodedError('state_gone', 'not now');
    return { value: params.key === 'null' ? null : (params.key ?? null) };
  });
}

function applyOf(kind: string, body: JsonObject = {}, reads: JsonObject = {}): JsonObject {
  return {
    entry: { dapp: 'odd', ver: '1.0.0', kind, re: null, body, block: 'b', index: 0 },
    author: { key: '', principal: null, node: null },
    roles: [],
    at: { ms: 0, quality: 'synced' },
    reads,
    seed: '',
  };
}

t.test('what a contract answers', async (t) => {
  const program = odd(t);
  const kinds = ['bug', 'fraction', 'hang', 'missing', 'proto', 'read', 'refuse', 'scan', 'surrogate'];
  t.strictSame(await program.call('hello', HELLO), { name: 'odd', version: '1.0.0', kinds });
  await t.rejects(program.call('hello', { ...HELLO, abi: 2 }), { code: 'wrong_abi' });
  await t.rejects(program.call('hello', { ...HELLO, dapp: 'other' }), { code: 'wrong_dapp' });
  await t.rejects(program.call('constructor', {}), { code: 'unknown_method' });
  const refused = { ok: false, code: 'no_thanks', message: 'not today' };
  t.strictSame(await program.call('apply', applyOf('refuse')), refused);
  t.match(await program.call('apply', applyOf('toString')), { ok: false, code: 'unknown_kind' });
  for (const kind of ['bug', 'fraction', 'missing', 'surrogate', 'proto']) {
    await t.rejects(program.call('apply', applyOf(kind)), { code: 'internal_error' }, kind);
  }
  await t.rejects(program.call('apply', applyOf('scan')), { code: 'state_gone' }, 'no verdict');
  await t.rejects(program.call('apply', { entry: {} }), { code: 'bad_field' });
  await t.rejects(program.call('query', { name: 'big', params: {} }), { code: 'answer_too_long' });
  // Calls wait for others up to a cap; every answer lets the next one go.
  const refusedCalls = 1_100 - (CALLS_PENDING_MAX - CALLS_URGENT_KEPT) - CALLS_QUEUED_MAX;
  t.equal(await program.call('query', { name: 'flood', params: {} }), refusedCalls);
  // A late answer after a hanging call: calls do not wait for each other.
  const hanging = program.call('apply', applyOf('hang'));
  hanging.catch(() => {});
  t.strictSame(await program.call('apply', applyOf('refuse')), refused);
});

t.test('what was sent along is not asked for again', async (t) => {
  const program = odd(t);
  // biome-ignore lint/suspicious/noThenProperty: the protocol's word; a list is not taken for a promise
  const wrote = (value: Json) => ({ ok: true, writes: [{ key: 'got', value }], events: [], then: [] });
  const asked = () => program.sent.filter(({ method }) => method === 'read').length;
  t.strictSame(await program.call('apply', applyOf('read', { key: 'a' }, { 'odd:a': 7 })), wrote(7));
  t.strictSame(await program.call('apply', applyOf('read', { key: 'a' }, { 'odd:a': null })), wrote(null));
  t.equal(asked(), 0);
  t.strictSame(await program.call('apply', applyOf('read', { key: 'a' }, { 'other:a': 7 })), wrote('a'));
  t.strictSame(await program.call('apply', applyOf('read', { key: 'null' })), wrote(null));
  t.equal(asked(), 2);
});

t.test('calls beyond the cap get a code', async (t) => {
  const program = odd(t);
  for (let i = 0; i < CALLS_PENDING_MAX; i += 1) program.call('apply', applyOf('hang')).catch(() => {});
  await t.rejects(program.call('apply', applyOf('refuse')), { code: 'too_many_calls' });
});

t.test('a broken line ends the program as failed', async (t) => {
  const table: readonly [string, string | Uint8Array, RegExp][] = [
    ['not JSON', 'hello\n', /not JSON/],
    ['not UTF-8', Uint8Array.of(0x22, 0xff, 0x22, 0x0a), /broken input/],
    ['a byte order mark', '\ufeff{"jsonrpc":"2.0","method":"a"}\n', /not JSON/],
    ['an answer to nothing', '{"jsonrpc":"2.0","id":9,"result":null}\n', /answer to no call/],
    ['too long', Buffer.alloc(LINE_BYTES_MAX + 1, 'x'), /longer than/],
  ];
  for (const [name, bytes, words] of table) {
    const program = odd(t);
    program.write(bytes);
    t.equal(await program.exited, 1, name);
    t.match(program.stderr, words, name);
  }
});

t.test('it leaves when its input ends, in the middle of a call or of a line', async (t) => {
  for (const last of ['', '{"jsonrpc":"2.0",']) {
    const program = odd(t);
    await program.call('hello', HELLO);
    program.call('apply', applyOf('hang')).catch(() => {});
    program.write(last);
    program.child.stdin?.end();
    t.equal(await program.exited, 0);
  }
});

t.test('it leaves when the node is killed', async (t) => {
  const targets: readonly [string, string, string][] = [
    [ODD, 'contract.ts', 'odd'],
    [folderOf('door'), 'contract.ts', 'door'],
    [folderOf('door'), 'agent.ts', 'door'],
    [folderOf('membership'), 'contract.ts', 'membership'],
  ];
  for (const [folder, file, dapp] of targets) {
    const line = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'hello', params: { ...HELLO, dapp } });
    const parent = spawn(process.execPath, [join(ODD, 'parent.ts'), folder, file, line], { stdio: 'pipe' });
    const [pid] = await once(createInterface({ input: parent.stdout }), 'line');
    // The program inherited this pipe, so it ends only when both are gone.
    const log = text(parent.stderr);
    t.ok(process.kill(Number(pid), 0), `${dapp} ${file} runs`);
    parent.kill('SIGKILL');
    t.equal(await log, '', `${dapp} ${file} has left`);
  }
});

t.test('the dapps need nothing that a bare engine lacks', async (t) => {
  const call = (id: number, method: string, params: JsonObject) =>
    JSON.stringify({ jsonrpc: '2.0', id, method, params });
  const run = async (folder: string, file: string, ...lines: readonly string[]): Promise<readonly JsonObject[]> => {
    const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
    const args = [...flags, join(FIXTURES, 'bare-engine.ts'), join(folderOf(folder), file), ...lines];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const printed = await text(child.stdout);
    return printed
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  };
  const entry = (dapp: string, kind: string, body: JsonObject): JsonObject => {
    const call = applyOf(kind, body, {
      'membership:member/m-1': null,
      'membership:gone/m-1': null,
      'membership:name/josé': null,
    });
    return { ...call, entry: { dapp, ver: '0.1.0', kind, re: null, body, block: 'b', index: 0 } };
  };
  const hours = [{ days: [1], from: 0, to: 60 }];
  const set = { schedule: 'days', zone: 'CET-1CEST,M3.5.0,M10.5.0/3', hours };
  const [door, agent, membership] = await Promise.all([
    run('door', 'contract.ts', call(1, 'apply', entry('door', 'schedule.set', set))),
    run('door', 'agent.ts', call(1, 'hello', { ...HELLO, dapp: 'door' })),
    run(
      'membership',
      'contract.ts',
      call(1, 'apply', entry('membership', 'member.add', { member: 'm-1', name: 'Jose\u0301' })),
    ),
  ]);
  t.match(door, [{ id: 1, result: { ok: true, writes: [{ key: 'schedule/days' }] } }]);
  t.match(agent, [{ id: 1, result: { name: 'door' } }]);
  t.match(membership, [{ id: 1, result: { ok: true, writes: [{}, { key: 'name/josé', value: 'm-1' }] } }]);
});
