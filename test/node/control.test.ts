import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t, { type Test } from 'tap';
import { CodedError } from '../../src/base/errors.ts';
import type { Json } from '../../src/base/json.ts';
import { CONTROL_CLIENTS_MAX, LINE_BYTES_MAX } from '../../src/base/limits.ts';
import { type ControlHandler, ControlServer } from '../../src/node/control.ts';
import { memoryLog } from '../contract/line-protocol.ts';
import { newFolder } from '../store/open-store.ts';

const HANDLERS: Readonly<Record<string, ControlHandler>> = {
  echo: async (params) => params,
  refuse: async () => {
    throw new CodedError('not_today', 'come back tomorrow', { fields: { day: 1 }, advice: 'Sleep.' });
  },
  bug: async () => {
    throw new TypeError('secret words');
  },
  big: async () => 'x'.repeat(LINE_BYTES_MAX - 200),
  bigger: async () => 'x'.repeat(LINE_BYTES_MAX),
  count: async ({ to }, progress) => {
    for (let done = 0; done <= Number(to); done += 1) progress('counting', done, Number(to));
    return null;
  },
};

async function serving(t: Test, path = join(newFolder(t), 'node.sock')) {
  const log = memoryLog();
  const server = new ControlServer(path, HANDLERS, log);
  await server.start();
  t.teardown(() => server.stop());
  return { server, path, log };
}

type Message = {
  readonly id?: number | null;
  readonly result?: Json;
  readonly error?: object;
  readonly method?: string;
};

/** A client made of a socket and lines, without any code of ours. */
class Client {
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
  readonly #messages: AsyncIterator<string>;
  #lastId = 0;

  constructor(path: string) {
    this.socket = createConnection(path);
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.#messages = createInterface({ input: this.socket })[Symbol.asyncIterator]();
  }

  async next(): Promise<Message> {
    const { value, done } = await this.#messages.next();
    if (done === true) throw new Error('the connection ended');
    return JSON.parse(value) as Message;
  }

  async call(method: string, params: object = {}): Promise<Message> {
    this.#lastId += 1;
    this.socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: this.#lastId, method, params })}\n`);
    return await this.next();
  }
}

t.test('owner and group may talk to it, nobody else', async (t) => {
  const mask = process.umask();
  const { path, server } = await serving(t);
  t.equal(process.umask(), mask, 'the process’s own mask is as it was');
  const { mode } = lstatSync(path);
  t.ok(lstatSync(path).isSocket());
  t.equal(mode & 0o777, 0o660);
  await server.stop();
  t.notOk(existsSync(path), 'stopped, it is gone');
});

t.test('calls are answered', async (t) => {
  const { path, log } = await serving(t);
  const client = new Client(path);
  t.match(await client.call('echo', { a: [1, 'é😀'] }), { id: 1, result: { a: [1, 'é😀'] } });
  t.match(await client.call('refuse'), {
    error: { message: 'come back tomorrow', data: { code: 'not_today', fields: { day: 1 }, advice: 'Sleep.' } },
  });
  const bug = await client.call('bug');
  t.match(bug, { error: { data: { code: 'internal_error' } } });
  t.notMatch(JSON.stringify(bug), /secret/);
  t.match(log.lines, [{ level: 'warn', method: 'bug', message: /secret words/ }], 'its words are in the log alone');
  for (const method of ['nothing', 'constructor', '__proto__', 'toString', 'hasOwnProperty']) {
    t.match(await client.call(method), { error: { data: { code: 'unknown_method', fields: { method } } } }, method);
  }
  t.match(await client.call('big'), { result: /^x+$/ });
  t.match(await client.call('bigger'), { error: { data: { code: 'line_too_long' } } });
  t.match(await client.call('echo', { b: 2 }), { result: { b: 2 } }, 'and it goes on');
});

t.test('a long task tells how far it is, now and then', async (t) => {
  const { path } = await serving(t);
  const client = new Client(path);
  client.socket.write('{"jsonrpc":"2.0","id":7,"method":"count","params":{"to":5000}}\n');
  const reports: Message[] = [];
  for (;;) {
    const message = await client.next();
    if (message.id !== undefined) break;
    reports.push(message);
  }
  t.match(reports.at(-1), { method: 'progress', params: { stage: 'counting', done: 5000, total: 5000 } });
  t.ok(reports.length >= 2 && reports.length <= 6, `${reports.length} reports of 5,001`);
});

t.test('too many clients: one more is sent away, the others stay', async (t) => {
  const { path, log } = await serving(t);
  const clients: Client[] = [];
  for (let count = 0; count < CONTROL_CLIENTS_MAX; count += 1) {
    const client = new Client(path);
    t.match(await client.call('echo', { count }), { result: { count } });
    clients.push(client);
  }
  for (let more = 0; more < 3; more += 1) await new Client(path).closed;
  t.match(log.lines, Array(3).fill({ level: 'warn', message: /too many clients/, clients: CONTROL_CLIENTS_MAX }));
  for (const client of clients) t.match(await client.call('echo', { still: true }), { result: { still: true } });
  clients[0]?.socket.destroy();
  // The place is free when the server has seen the end; until then one is sent away again.
  let answer: Message | undefined;
  while (answer === undefined) answer = await new Client(path).call('echo', { new: 1 }).catch(() => undefined);
  t.match(answer, { result: { new: 1 } });
});

t.test('whatever one client sends, it is told what is wrong with it and it alone is cut off', async (t) => {
  const { path } = await serving(t);
  const healthy = new Client(path);
  const request = '{"jsonrpc":"2.0","id":1,"method":"echo","params":{}}';
  const cases: Record<string, readonly [code: string, bytes: string | Buffer]> = {
    'bytes at random': ['line_not_utf8', Buffer.from('\x00\xff\xfe\x01garbage\n', 'latin1')],
    'no JSON': ['json_refused', 'hello\n'],
    'an empty line': ['json_refused', '\n'],
    'bad UTF-8': ['line_not_utf8', Buffer.from(`{"jsonrpc":"2.0","id":1,"method":"\xff"}\n`, 'latin1')],
    'no request': ['rpc_fault', '{"a":1}\n'],
    'a list': ['rpc_fault', `[${request}]\n`],
    'another version': ['rpc_fault', '{"jsonrpc":"1.0","id":1,"method":"echo","params":{}}\n'],
    'an answer to nothing': ['rpc_fault', '{"jsonrpc":"2.0","id":9,"result":null}\n'],
    'a notification': ['rpc_fault', '{"jsonrpc":"2.0","method":"echo","params":{}}\n'],
    'a giant line': ['line_too_long', Buffer.alloc(LINE_BYTES_MAX + 2, 'x')],
    'a giant line in JSON': [
      'line_too_long',
      `{"jsonrpc":"2.0","id":1,"method":"echo","params":{"x":"${'x'.repeat(LINE_BYTES_MAX)}"}}\n`,
    ],
    'depth without end': [
      'json_refused',
      `{"jsonrpc":"2.0","id":1,"method":"echo","params":{"x":${'['.repeat(5_000)}${']'.repeat(5_000)}}}\n`,
    ],
    'a key twice': ['json_refused', '{"jsonrpc":"2.0","id":1,"method":"echo","method":"bug","params":{}}\n'],
    HTTP: ['json_refused', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
  };
  for (const [name, [code, bytes]] of Object.entries(cases)) {
    const client = new Client(path);
    client.socket.write(bytes);
    t.match(await client.next(), { jsonrpc: '2.0', id: null, error: { data: { code } } }, `${name}: told`);
    await client.closed;
    t.match(await healthy.call('echo', { name }), { result: { name } }, name);
  }
});

t.test('clients that leave in the middle, or never read', async (t) => {
  const { path, log } = await serving(t);
  const healthy = new Client(path);
  const half = new Client(path);
  half.socket.write('{"jsonrpc":"2.0","id":1,"met');
  half.socket.end();
  await half.closed;
  const gone = new Client(path);
  await once(gone.socket, 'connect');
  gone.socket.write('{"jsonrpc":"2.0","id":1,"method":"count","params":{"to":100000}}\n');
  gone.socket.destroy();
  const deaf = createConnection(path);
  deaf.on('error', () => undefined);
  deaf.pause();
  await once(deaf, 'connect');
  const big = '{"jsonrpc":"2.0","id":ID,"method":"big","params":{}}\n';
  for (let id = 1; id <= 60; id += 1) deaf.write(big.replace('ID', String(id)));
  for (let calls = 0; calls < 50; calls += 1) t.match(await healthy.call('echo', { calls }), { result: { calls } });
  t.strictSame(
    log.lines.filter((line) => !/too many/.test(line.message)),
    [],
  );
  deaf.destroy();
});

t.test('a socket that a dead node left is replaced', async (t) => {
  const path = join(newFolder(t), 'node.sock');
  const dead = spawn(process.execPath, [
    '-e',
    `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`,
  ]);
  await once(dead.stdout, 'data');
  const exit = once(dead, 'exit');
  dead.kill('SIGKILL');
  await exit;
  t.ok(lstatSync(path).isSocket(), 'it is still there');
  await serving(t, path);
  t.match(await new Client(path).call('echo', { a: 1 }), { result: { a: 1 } });
});

t.test('anything else under its name is left alone', async (t) => {
  const folder = newFolder(t);
  const file = join(folder, 'ledger.db');
  writeFileSync(file, 'of value');
  mkdirSync(join(folder, 'folder'));
  symlinkSync(file, join(folder, 'link'));
  for (const path of [
    file,
    join(folder, 'folder'),
    join(folder, 'link'),
    join(folder, 'none/node.sock'),
    join(file, 'node.sock'),
  ]) {
    const server = new ControlServer(path, HANDLERS, memoryLog());
    await t.rejects(server.start(), { name: 'CodedError', code: 'control_socket', fields: { path } }, path);
  }
  t.equal(readFileSync(file, 'utf8'), 'of value');
  t.ok(existsSync(join(folder, 'link')));
});

t.test('stopped, it lets go of everybody at once', async (t) => {
  const { path, server } = await serving(t);
  const clients = [new Client(path), new Client(path)];
  for (const client of clients) await client.call('echo');
  clients[0]?.socket.write('{"jsonrpc":"2.0","id":9,"met');
  await server.stop();
  await Promise.all(clients.map((client) => client.closed));
  const late = new Client(path);
  await late.closed;
  t.notOk(existsSync(path));
});
