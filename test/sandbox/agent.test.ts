import { dirname } from 'node:path';
import t, { type Test } from 'tap';
import { CodedError } from '../../src/base/errors.ts';
import type { Json, JsonObject } from '../../src/base/json.ts';
import {
  AGENT_TIMER_MS_MAX,
  AGENT_TIMER_RETRY_MS,
  AGENT_TIMERS_MAX,
  CHANGED_KEYS_MAX,
  NAME_BYTES_MAX,
  PUBLISH_BURST_MAX,
  PUBLISH_BYTES_MAX,
  RPC_PENDING_MAX,
} from '../../src/base/limits.ts';
import type { Clock } from '../../src/base/ports.ts';
import { type Agent, type AgentTimings, type At, startAgent } from '../../src/sandbox/agent.ts';
import { MemoryState } from '../../src/sandbox/memory-state.ts';
import { createProcessRunner } from '../../src/sandbox/process-runner.ts';
import { HOSTILE, hostileManifest, memoryLog } from '../contract/line-protocol.ts';

const runner = createProcessRunner({ path: `${dirname(process.execPath)}:/usr/bin:/bin`, stopMs: 2_000 });
const AT: At = { ms: 1, quality: 'unknown' };
const BADGE = 'readers/front/badge';

/** A clock whose pauses end when the test says so. */
function heldClock() {
  let asked = Promise.withResolvers<() => void>();
  const delays: number[] = [];
  const clock: Clock = {
    now: () => ({ wallMs: 0, quality: 'unknown' }),
    monotonicMs: () => 0,
    after(delayMs, task) {
      delays.push(delayMs);
      asked.resolve(task);
      return () => {
        asked = Promise.withResolvers();
      };
    },
  };
  const release = async (): Promise<void> => {
    const task = await asked.promise;
    asked = Promise.withResolvers();
    task();
  };
  return { clock, delays, release };
}

/** A clock whose timers the test fires by how long they were to wait. */
class TimerClock {
  nowMs = 0;
  readonly #timers = new Map<object, { readonly ms: number; readonly task: () => void }>();
  readonly clock: Clock = {
    now: () => ({ wallMs: 0, quality: 'unknown' }),
    monotonicMs: () => this.nowMs,
    after: (ms, task) => {
      const key = {};
      this.#timers.set(key, { ms, task });
      return () => this.#timers.delete(key);
    },
  };

  due(): readonly number[] {
    return [...this.#timers.values()].map(({ ms }) => ms);
  }

  /** Waits for a timer of that pause, and ends it. */
  async fire(ms: number): Promise<void> {
    for (;;) {
      const [key, timer] = [...this.#timers].find(([, one]) => one.ms === ms) ?? [];
      if (key !== undefined && timer !== undefined) {
        this.#timers.delete(key);
        timer.task();
        return;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

async function told(isTold: () => boolean): Promise<void> {
  while (!isTold()) await new Promise((resolve) => setImmediate(resolve));
}

async function upAgain(agent: Agent): Promise<void> {
  for (;;) {
    const outcome = await agent.request('changes', {}, AT).catch((error: CodedError) => error.code);
    if (outcome !== 'agent_down') return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function start(t: Test, timings: AgentTimings = {}, command: string[] = [], clock?: Clock) {
  const state = new MemoryState();
  state.write('hostile', [{ key: 'a', value: 1 }]);
  const calls: Json[] = [];
  const note =
    (method: string, answer: Json) =>
    (...args: Json[]) => {
      calls.push([method, ...args]);
      return Promise.resolve(answer as never);
    };
  const host = {
    read: state.read.bind(state),
    scan: state.scan.bind(state),
    append: note('append', { block: 'b7', index: 2 }),
    pulse: note('pulse', { pulse: 'p1', atNs: '123456789012345678' }),
    hold: note('hold', null),
    release: (output: string) => Promise.reject(new CodedError('pins_gone', `no pins for ${output}`)),
    output: note('output', { on: true, longestMs: 5000 }),
    publish: note('publish', null),
  };
  const held = heldClock();
  const log = memoryLog();
  const downs: string[] = [];
  let ups = 0;
  const up = Promise.withResolvers<void>();
  const agent = await startAgent({
    manifest: hostileManifest(...command),
    ...{ folder: HOSTILE, runner, branch: 'main', log, host, clock: clock ?? held.clock },
    timings: { eventMs: 60_000, ...timings },
    onDown: (fault) => downs.push(fault.code),
    onUp: () => {
      ups += 1;
    },
  });
  t.teardown(() => agent.stop());
  const ask = (method: string, params: JsonObject) => agent.request('ask', { do: 'call', method, params }, AT);
  /** Lets the pause end and waits until the agent answers again. */
  const recover = async (): Promise<void> => {
    await held.release();
    await upAgain(agent);
  };
  return { agent, ask, calls, downs, ups: () => ups, delays: held.delays, recover, log, up };
}

t.test('events and requests', async (t) => {
  const { agent, downs } = await start(t);
  t.equal(await agent.event(BADGE, { do: 'good' }, AT), undefined);
  await Promise.all([1, 2, 3].map(() => agent.event('all/of/it', { do: 'good' }, AT)));
  t.strictSame(await agent.request('x', { do: 'refuse' }, AT), {
    ok: false,
    code: 'not_today',
    message: 'come back tomorrow',
  });
  for (const topic of ['readers/front/other', 'readers/a/b/badge', 'readers/+/badge', '#', '', '$all/x', 'all\0']) {
    await t.rejects(agent.event(topic, null, AT), { code: 'not_permitted' }, topic);
  }
  await t.rejects(agent.event(BADGE, 0.5, AT), { code: 'payload_refused' });
  await t.rejects(agent.request('x', { a: '\ud800' }, AT), { code: 'payload_refused' });
  await t.rejects(
    agent.event(
      BADGE,
      { do: 'raw', raw: '{"jsonrpc":"2.0","id":ID,"error":{"code":1,"message":"m","data":{"code":"agent_down"}}}' },
      AT,
    ),
    {
      code: 'event_refused',
      fields: { code: 'agent_down' },
    },
  );
  t.strictSame(downs, []);
});

t.test('what an agent may ask for', async (t) => {
  const { ask, calls, downs } = await start(t);
  t.strictSame(await ask('read', { key: 'a' }), { value: 1 });
  t.strictSame(await ask('scan', { prefix: '', limit: 1 }), { rows: [{ key: 'a', value: 1 }], more: false });
  t.strictSame(await ask('append', { kind: 'act', body: { do: 'x' } }), { block: 'b7', index: 2 });
  t.strictSame(await ask('pulse', { output: 'strike', ms: 3000 }), { pulse: 'p1', atNs: '123456789012345678' });
  t.equal(await ask('hold', { output: 'strike' }), null);
  t.match(await ask('release', { output: 'strike' }), { code: 'pins_gone' });
  t.strictSame(await ask('output', { output: 'strike' }), { on: true, longestMs: 5000 });
  const done: Json[] = [
    ['append', 'act', { do: 'x' }],
    ['pulse', 'strike', 3000],
    ['hold', 'strike'],
    ['output', 'strike'],
  ];
  t.equal(await ask('publish', { topic: 'front', payload: { open: true }, retain: true }), null);
  t.equal(await ask('publish', { topic: 'bridge/event', payload: 1 }), null);
  done.push(['publish', 'front', { open: true }, true], ['publish', 'bridge/event', 1, false]);
  t.strictSame(calls, done);
  const refused: [string, JsonObject, string][] = [
    ['read', { dapp: 'secrets', key: 'a' }, 'not_permitted'],
    ['scan', { dapp: 'mesh', prefix: '' }, 'not_permitted'],
    ['read', { key: '' }, 'bad_params'],
    ['read', { key: 'a', more: 1 }, 'bad_params'],
    ['scan', { prefix: '', limit: 0 }, 'bad_params'],
    ['append', { kind: 'other', body: {} }, 'kind_unknown'],
    ['append', { kind: 'act', body: { do: 1 } }, 'body_invalid'],
    ['append', { kind: 'act', body: { do: 'x', more: true } }, 'body_invalid'],
    ['append', { kind: 'act' }, 'bad_params'],
    ['append', { kind: 'act', body: { do: 'x' }, dapp: 'mesh' }, 'bad_params'],
    ['pulse', { output: 'siren', ms: 1 }, 'not_permitted'],
    ['pulse', { output: 'strike', ms: 0 }, 'bad_params'],
    ['pulse', { output: 'strike', ms: 1e12 }, 'bad_params'],
    ['pulse', { output: 'strike' }, 'bad_params'],
    ['hold', { output: '*' }, 'not_permitted'],
    ['release', { output: 'siren' }, 'not_permitted'],
    ['release', { output: ['strike'] }, 'bad_params'],
    ['output', { output: 'siren' }, 'not_permitted'],
    ['schedule', { id: 'a' }, 'bad_params'],
    ['schedule', { id: '', ms: 1 }, 'bad_params'],
    ['schedule', { id: 'a'.repeat(NAME_BYTES_MAX + 1), ms: 1 }, 'bad_params'],
    ['schedule', { id: 'a', ms: 0 }, 'bad_params'],
    ['schedule', { id: 'a', ms: AGENT_TIMER_MS_MAX + 1 }, 'bad_params'],
    ['schedule', { id: 'a', ms: 1, at: 0 }, 'bad_params'],
    ['publish', { topic: 'front' }, 'bad_params'],
    ['publish', { topic: 'front', payload: 1, qos: 1 }, 'bad_params'],
    ['publish', { topic: 'front', payload: 1, retain: 1 }, 'bad_params'],
    ['publish', { topic: '+', payload: 1 }, 'bad_params'],
    ['publish', { topic: '', payload: 1 }, 'bad_params'],
    ['publish', { topic: 'f'.repeat(257), payload: 1 }, 'bad_params'],
    ['publish', { topic: 'bridge/state', payload: 1 }, 'not_permitted'],
    ['publish', { topic: '$SYS', payload: 1 }, 'not_permitted'],
    ['publish', { topic: 'front', payload: 'x'.repeat(PUBLISH_BYTES_MAX) }, 'payload_too_long'],
    ['cheer', { topic: 'a' }, 'unknown_method'],
  ];
  for (const [method, params, code] of refused) {
    t.match(await ask(method, params), { code }, `${method} ${JSON.stringify(params)}`);
  }
  t.strictSame(calls, done, 'the host heard of none of them');
  t.strictSame(downs, []);
});

t.test('what an agent says has a rate', async (t) => {
  const timers = new TimerClock();
  const { ask, calls } = await start(t, {}, [], timers.clock);
  const say = () => ask('publish', { topic: 'front', payload: null });
  for (let i = 0; i < PUBLISH_BURST_MAX; i++) t.equal(await say(), null);
  t.match(await say(), { code: 'publish_too_fast' });
  t.equal(calls.length, PUBLISH_BURST_MAX, 'nothing was said');
  timers.nowMs = 20;
  t.equal(await say(), null, 'a fiftieth of a second later there is room for one');
  t.match(await say(), { code: 'publish_too_fast' });
});

t.test('timers come once, replaced and cancelled by their id', async (t) => {
  const timers = new TimerClock();
  const { agent, ask, downs } = await start(t, {}, [], timers.clock);
  const set = (id: string, ms: number | null) => ask('schedule', { id, ms });
  t.equal(await set('good', 500), null);
  await set('refuse', 700);
  await set('good', 300);
  await set('other', 100);
  await set('other', null);
  t.equal(await set('never', null), null);
  t.strictSame(timers.due(), [700, 300]);
  await timers.fire(300);
  t.strictSame(await agent.request('changes', {}, AT), [['timer', 'good']]);
  t.strictSame(timers.due(), [700], 'it comes once');
  for (let i = 1; i < AGENT_TIMERS_MAX; i++) await set(`t${i}`, 1_000 + i);
  t.match(await set('one more', 1), { code: 'too_many_timers' });
  t.equal(await set('t1', 5_000), null, 'one that is set can be set anew');
  t.strictSame(downs, []);
});

t.test('a timer that is answered wrongly, or not at all, ends the program, and its timers with it', async (t) => {
  const timers = new TimerClock();
  const { agent, ask, downs, log } = await start(
    t,
    // What it answers well has to come within that time too.
    { restartMsMin: 10, restartMsMax: 10, eventMs: 3_000 },
    [],
    timers.clock,
  );
  for (const [harm, code] of [
    ['twice', 'dapp_protocol'],
    ['refuse', 'dapp_protocol'],
    ['exit', 'dapp_exited'],
    ['silent', 'dapp_timeout'],
  ]) {
    await ask('schedule', { id: harm ?? '', ms: 1_000 });
    await ask('schedule', { id: 'later', ms: 2_000 });
    await timers.fire(1_000);
    await told(() => log.lines.some((line) => line.code === code && line.timer === harm));
    await told(() => timers.due().length > 0);
    t.strictSame(timers.due(), [10], `${harm}: only the pause of the restart is left`);
    await timers.fire(10);
    await upAgain(agent);
  }
  t.equal(downs.length, 4);
});

t.test('a timer that finds too many calls open comes again', async (t) => {
  const timers = new TimerClock();
  const { agent, ask, downs } = await start(t, {}, [], timers.clock);
  await ask('schedule', { id: 'good', ms: 1_000 });
  const open = Array.from({ length: RPC_PENDING_MAX }, () => agent.event(BADGE, { do: 'silent' }, AT).catch(() => {}));
  await timers.fire(1_000);
  await told(() => timers.due().length > 0);
  t.strictSame([timers.due(), downs], [[AGENT_TIMER_RETRY_MS], []]);
  await agent.stop();
  t.strictSame(timers.due(), [], 'a stop ends them too');
  await Promise.all(open);
});

t.test('changes of state', async (t) => {
  const { agent } = await start(t);
  const many = Array.from({ length: CHANGED_KEYS_MAX + 1 }, (_, i) => `k${i}`);
  agent.changed('hostile', ['b', 'a', 'b'], AT);
  agent.changed('secrets', ['a'], AT);
  agent.changed('other', many.slice(1), AT);
  agent.changed('other', many, AT);
  agent.changed('other', ['\0'.repeat(500)], AT);
  agent.changed(
    'hostile',
    many.slice(1).map((key) => '\0'.repeat(500) + key),
    AT,
  );
  t.strictSame(await agent.request('changes', {}, AT), [
    ['hostile', 2],
    ['other', CHANGED_KEYS_MAX],
    ['other', 0],
    ['other', 1],
    ['hostile', 0],
  ]);
});

t.test('changes are joined while the agent does not read', async (t) => {
  const { agent, downs } = await start(t, { eventMs: 60_000 }, ['python3', 'slow.py']);
  const keys = Array.from({ length: 500 }, (_, i) => `${'k'.repeat(400)}${i}`);
  for (let times = 0; times < 200; times++) agent.changed('hostile', [...keys, `${times}`], AT);
  const heard = (await agent.request('changes', {}, AT)) as number;
  t.strictSame(downs, [], 'a long sync does not end it');
  t.ok(heard >= 2 && heard < 50, `${heard} lines for 200 changes`);
});

t.test('each failure is told once, refuses what comes meanwhile, and is recovered from', async (t) => {
  const { agent, downs, ups, delays, recover } = await start(t, { restartMsMin: 10, restartMsMax: 25 });
  t.equal(ups(), 1);
  const fail = async (payload: JsonObject, code: string): Promise<void> => {
    const open = agent.event(BADGE, { do: 'silent' }, AT).catch((error: CodedError) => error.code);
    await t.rejects(agent.event(BADGE, payload, AT), { code }, JSON.stringify(payload));
    t.equal(await open, code, 'every open call fails with it');
    await t.rejects(agent.event(BADGE, { do: 'good' }, AT), { code: 'agent_down' });
    await t.rejects(agent.request('x', {}, AT), { code: 'agent_down' });
    agent.changed('hostile', ['a'], AT);
  };
  await fail({ do: 'exit' }, 'dapp_exited');
  await recover();
  t.strictSame(await agent.request('changes', {}, AT), [], 'changes meanwhile are forgotten');
  await fail({ do: 'giant' }, 'dapp_overflow');
  await recover();
  await fail({ do: 'flood_notifications' }, 'dapp_protocol');
  await recover();
  await fail({ do: 'close_output' }, 'dapp_exited');
  await recover();
  await fail({ do: 'raw', raw: '{"jsonrpc":"2.0","id":ID,"result":1}' }, 'dapp_protocol');
  await recover();
  t.strictSame(downs, ['rpc_closed', 'line_too_long', 'rpc_fault', 'rpc_closed', 'dapp_protocol']);
  t.equal(ups(), 6, 'each life is told');
  t.strictSame(delays, [10, 10, 10, 10, 10], 'a good answer brings the shortest pause back');
});

t.test('the pause doubles up to its most', async (t) => {
  const { agent, downs, delays, recover } = await start(t, { restartMsMin: 10, restartMsMax: 35 }, [
    'python3',
    'fragile.py',
  ]);
  for (let lives = 0; lives < 4; lives++) {
    await t.rejects(agent.event(BADGE, {}, AT), { code: 'dapp_exited' });
    if (lives < 3) await recover().catch(() => {});
  }
  t.strictSame(delays.slice(0, 4), [10, 20, 35, 35]);
  t.equal(downs.length, 4);
});

t.test('a silent agent is given up after the timeout; too many open calls are refused', async (t) => {
  const { agent, downs } = await start(t, { eventMs: 500 });
  const open = Array.from({ length: RPC_PENDING_MAX }, () => agent.event(BADGE, { do: 'silent' }, AT));
  const settled = Promise.allSettled(open);
  await t.rejects(agent.event(BADGE, { do: 'silent' }, AT), { code: 'agent_busy' });
  for (const outcome of await settled) t.match(outcome, { reason: { code: 'dapp_timeout' } });
  t.strictSame(downs, ['rpc_timeout']);
});

t.test('a stop is no failure', async (t) => {
  const { agent, downs, delays } = await start(t);
  const open = agent.event(BADGE, { do: 'silent' }, AT);
  await Promise.all([t.rejects(open, { code: 'dapp_stopped' }), agent.stop()]);
  await t.rejects(agent.event(BADGE, { do: 'good' }, AT), { code: 'agent_down' });
  agent.changed('hostile', ['a'], AT);
  t.strictSame([downs, delays], [[], []]);
});

t.test('a manifest without an agent', async (t) => {
  const { agent: _, ...manifest } = hostileManifest();
  const held = heldClock();
  const options = { manifest, folder: HOSTILE, runner, branch: 'main', log: memoryLog(), clock: held.clock };
  await t.rejects(startAgent({ ...options, host: {} as never }), { code: 'agent_missing' });
});
