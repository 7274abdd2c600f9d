import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { CodedError, codeOf } from '../../src/base/errors.ts';
import { LINE_BYTES_MAX, RPC_OUTGOING_BYTES_MAX, RPC_PENDING_MAX } from '../../src/base/limits.ts';
import { RpcPeer, type RpcPeerOptions } from '../../src/sandbox/peer.ts';

type Sides = Partial<Omit<RpcPeerOptions, 'input' | 'output'>>;

/** Two ends of a real Unix socket. */
async function sockets(t: Test): Promise<[Socket, Socket]> {
  // Paths of sockets are short: 107 bytes.
  const folder = await mkdtemp(join(tmpdir(), 'peer-'));
  const path = join(folder, 's');
  const server = createServer({ allowHalfOpen: true }).listen(path);
  await once(server, 'listening');
  const near = connect({ path, allowHalfOpen: true });
  const [far] = (await once(server, 'connection')) as [Socket];
  t.teardown(() => {
    near.destroy();
    far.destroy();
    server.close();
    return rm(folder, { recursive: true });
  });
  return [near, far];
}

function peerOn(socket: Socket, options: Sides = {}): RpcPeer {
  return new RpcPeer({ handlers: {}, ...options, input: socket, output: socket });
}

async function pair(t: Test, near: Sides, far: Sides): Promise<[RpcPeer, RpcPeer]> {
  const [a, b] = await sockets(t);
  return [peerOn(a, near), peerOn(b, far)];
}

t.test('both ends call, at once, in order', async (t) => {
  const heard: string[] = [];
  const [a, b] = await pair(
    t,
    { handlers: { double: ({ n }) => (n as number) * 2 } },
    {
      handlers: {
        later: async ({ n }) => (await b.call('double', { n: n as number }, 5_000)) as number,
        nothing: () => null,
      },
      notified: (method, params) => heard.push(`${method} ${JSON.stringify(params)}`),
    },
  );
  a.notify('hey', { n: 1 });
  a.notify('hey', {});
  t.same(await Promise.all([1, 2, 3].map((n) => a.call('later', { n }, 5_000))), [2, 4, 6]);
  t.equal(await a.call('nothing', {}, 5_000), null);
  t.same(heard, ['hey {"n":1}', 'hey {}']);
  a.close();
  t.equal((await b.closed).code, 'rpc_closed');
  t.equal((await a.closed).code, 'rpc_closed');
  await t.rejects(a.call('nothing', {}, 5_000), { code: 'rpc_closed' });
  t.throws(() => a.notify('hey', {}), { code: 'rpc_closed' });
});

t.test('errors keep their code, fields and advice; others keep their words to themselves', async (t) => {
  const failed: unknown[] = [];
  const [a] = await pair(
    t,
    {},
    {
      failed: (method, error) => failed.push([method, (error as Error).message]),
      handlers: {
        coded: () => {
          throw new CodedError('door_shut', 'shut', { fields: { door: 'front' }, advice: 'Open it.' });
        },
        later: async () => Promise.reject(new CodedError('door_open', 'open')),
        bug: () => {
          throw new TypeError('secret words');
        },
        huge: () => 'x'.repeat(LINE_BYTES_MAX),
      },
    },
  );
  const shut = { code: 'door_shut', message: 'shut', fields: { door: 'front' }, advice: 'Open it.' };
  await t.rejects(a.call('coded', {}, 5_000), shut);
  await t.rejects(a.call('later', {}, 5_000), { code: 'door_open' });
  await t.rejects(a.call('bug', {}, 5_000), { code: 'internal_error', message: 'bug failed' });
  t.same(failed, [['bug', 'secret words']]);
  await t.rejects(a.call('missing', {}, 5_000), { code: 'unknown_method' });
  await t.rejects(a.call('toString', {}, 5_000), { code: 'unknown_method' }, 'inherited names are no methods');
  await t.rejects(a.call('huge', {}, 5_000), { code: 'line_too_long' }, 'an answer that fits no line');
  await t.rejects(a.call('x', { big: 'x'.repeat(LINE_BYTES_MAX) }, 5_000), { code: 'line_too_long' }, 'nor a call');
  t.ok(a.isOpen);
});

t.test('a late answer is forgiven once', async (t) => {
  const [near, far] = await sockets(t);
  const a = peerOn(near);
  await t.rejects(a.call('slow', {}, 1), { code: 'rpc_timeout', fields: { method: 'slow', timeoutMs: 1 } });
  const answer = '{"jsonrpc":"2.0","id":1,"result":null}\n';
  far.write(answer);
  const next = a.call('quick', {}, 60_000);
  far.write('{"jsonrpc":"2.0","id":2,"result":[]}\n');
  t.same(await next, []);
  far.write(answer);
  t.match(await a.closed, { code: 'rpc_fault', fields: { reason: 'a reply to no open call', id: 1 } });
});

t.test('an answer that waited while this process stood still is no timeout', async (t) => {
  const standStill = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  const now = () => {
    // After this turn, in which the answer is written.
    process.nextTick(standStill);
    return 'answered';
  };
  const [near] = await pair(t, {}, { handlers: { now } });
  t.equal(await near.call('now', {}, 200), 'answered');
});

t.test('what a peer ends on', async (t) => {
  const hostile: Record<string, [string | Buffer, object]> = {
    'not JSON': ['{]\n', { code: 'json_refused', fields: { reason: 'not JSON' } }],
    'an empty line': ['\n', { code: 'json_refused' }],
    'a byte order mark': ['\uFEFF{}\n', { code: 'json_refused' }],
    'a batch': ['[{"jsonrpc":"2.0","method":"x"}]\n', { code: 'rpc_fault', fields: { reason: 'a batch' } }],
    'a bare value': ['42\n', { code: 'rpc_fault' }],
    'another version': ['{"jsonrpc":"1.0","id":1,"method":"x"}\n', { code: 'rpc_fault' }],
    'an unknown member': ['{"jsonrpc":"2.0","id":1,"method":"x","more":1}\n', { fields: { member: 'more' } }],
    'a reply to nothing': ['{"jsonrpc":"2.0","id":7,"result":1}\n', { fields: { reason: 'a reply to no open call' } }],
    'a reply with text as id': ['{"jsonrpc":"2.0","id":"1","result":1}\n', { fields: { reason: 'bad id of a reply' } }],
    'a reply with null as id': ['{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":""}}\n', { code: 'rpc_fault' }],
    'result and error': [
      '{"jsonrpc":"2.0","id":1,"result":1,"error":{"code":1,"message":""}}\n',
      { code: 'rpc_fault' },
    ],
    'an error without words': ['{"jsonrpc":"2.0","id":1,"error":{"code":1}}\n', { code: 'rpc_fault' }],
    'a request with null as id': ['{"jsonrpc":"2.0","id":null,"method":"x"}\n', { code: 'rpc_fault' }],
    'a request with a long id': [`{"jsonrpc":"2.0","id":"${'i'.repeat(65)}","method":"x"}\n`, { code: 'rpc_fault' }],
    'params in a list': ['{"jsonrpc":"2.0","id":1,"method":"x","params":[1]}\n', { code: 'rpc_fault' }],
    'a method that is no text': ['{"jsonrpc":"2.0","id":1,"method":{}}\n', { code: 'rpc_fault' }],
    'an unexpected notification': ['{"jsonrpc":"2.0","method":"x"}\n', { code: 'rpc_fault' }],
    'an open id again': ['{"jsonrpc":"2.0","id":1,"method":"wait"}\n'.repeat(2), { code: 'rpc_fault' }],
    'bad UTF-8': [Buffer.from('7b22ff0a', 'hex'), { code: 'line_not_utf8' }],
    'a giant line': ['x'.repeat(LINE_BYTES_MAX + 1), { code: 'line_too_long' }],
  };
  for (const [name, [bytes, error]] of Object.entries(hostile)) {
    const [near, far] = await sockets(t);
    const a = peerOn(near, { handlers: { wait: () => new Promise(() => {}) } });
    const open = a.call('x', {}, 60_000);
    far.on('error', () => {});
    far.write(bytes);
    t.match(await open.catch((reason: unknown) => reason), error, name);
    t.match(await a.closed, error);
    t.notOk(a.isOpen);
  }
});

t.test('ends of streams', async (t) => {
  const [near, far] = await sockets(t);
  const a = peerOn(near);
  const open = a.call('x', {}, 60_000);
  far.end('{"jsonrpc":"2.0","id":1,"result":5}\n{"json');
  t.equal(await open, 5, 'what came before the end counts');
  t.equal((await a.closed).code, 'line_cut');

  const [near2, far2] = await sockets(t);
  const b = peerOn(near2);
  const open2 = b.call('x', {}, 60_000);
  far2.destroy();
  await t.rejects(open2, { code: 'rpc_closed' });

  const [near3] = await sockets(t);
  const c = peerOn(near3);
  c.end(new CodedError('enough', 'enough'));
  c.end(new CodedError('again', 'again'));
  t.equal((await c.closed).code, 'enough', 'the first end counts');
});

t.test('open calls are capped in both directions', async (t) => {
  const waiting = Promise.withResolvers<null>();
  const [a] = await pair(t, {}, { handlers: { wait: () => waiting.promise } });
  const calls = Array.from({ length: RPC_PENDING_MAX }, () => a.call('wait', {}, 60_000));
  await t.rejects(a.call('wait', {}, 60_000), { code: 'rpc_busy' });
  waiting.resolve(null);
  t.same(new Set(await Promise.all(calls)), new Set([null]));

  const [near, far] = await sockets(t);
  peerOn(near, { handlers: { wait: () => new Promise(() => {}), quick: () => 1 } });
  for (let id = 0; id <= RPC_PENDING_MAX; id++) far.write(`{"jsonrpc":"2.0","id":${id},"method":"wait"}\n`);
  const [answer] = (await once(far, 'data')) as [Buffer];
  t.match(JSON.parse(answer.toString()), { id: RPC_PENDING_MAX, error: { code: -32000, data: { code: 'rpc_busy' } } });
});

t.test('a peer that does not read is bounded, and ended', async (t) => {
  const [near, far] = await sockets(t);
  far.pause();
  const a = peerOn(near);
  const calls = Array.from({ length: 10 }, () => a.call('x', { big: 'x'.repeat(LINE_BYTES_MAX / 2) }, 60_000));
  const outcomes = await Promise.allSettled(calls);
  t.ok(near.writableLength <= RPC_OUTGOING_BYTES_MAX);
  t.same(
    new Set(outcomes.map((outcome) => outcome.status === 'rejected' && codeOf(outcome.reason))),
    new Set(['rpc_overflow']),
  );
});

t.test('requests wait while their answers are not read', async (t) => {
  const [near, far] = await sockets(t);
  far.pause();
  let served = 0;
  const a = peerOn(near, { handlers: { page: () => ++served && 'x'.repeat(LINE_BYTES_MAX / 4) } });
  const requests = 64;
  far.write(Array.from({ length: requests }, (_, id) => `{"jsonrpc":"2.0","id":${id},"method":"page"}\n`).join(''));
  far.end();
  await once(near, 'readable');
  await new Promise((resolve) => setImmediate(resolve));
  t.ok(served > 0 && served < requests, `${served} served before the first was read`);
  t.ok(a.backedUp);
  let bytes = 0;
  far.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  far.resume();
  await once(far, 'end');
  t.equal(served, requests, 'then the rest, though the other side has ended');
  t.ok(bytes > (requests * LINE_BYTES_MAX) / 4);
});

t.test('one write for each message', async (t) => {
  const [near, far] = await sockets(t);
  const a = peerOn(near, { handlers: { quick: () => 1 } });
  const writes: string[] = [];
  const write = near.write.bind(near);
  near.write = ((chunk: Buffer) => {
    writes.push(chunk.toString());
    return write(chunk);
  }) as typeof near.write;
  far.write('{"jsonrpc":"2.0","id":"a","method":"quick"}\n');
  await once(far, 'data');
  a.call('x', {}, 60_000).catch(() => {});
  t.same(writes, ['{"jsonrpc":"2.0","id":"a","result":1}\n', '{"jsonrpc":"2.0","id":1,"method":"x","params":{}}\n']);
  a.close();
});
