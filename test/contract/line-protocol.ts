import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { CodedError } from '../../src/base/errors.ts';
import type { Json, JsonObject } from '../../src/base/json.ts';
import { CONTRACT_QUEUE_MAX } from '../../src/base/limits.ts';
import { type ApplyCall, type Contract, type ContractTimings, startContract } from '../../src/sandbox/contract.ts';
import { type Manifest, parseManifest } from '../../src/sandbox/manifest.ts';
import { MemoryState } from '../../src/sandbox/memory-state.ts';
import type { Runner } from '../../src/sandbox/runner.ts';
import { until } from '../node/program.ts';
import { FAULTS, raw, writing } from './line-faults.ts';
import { untilGone } from './runner.ts';

export const HOSTILE = join(import.meta.dirname, '../fixtures/dapps/hostile');
/** For programs that answer, or fail by themselves: a thousand round trips on a busy machine take their time. */
const APPLY_MS = 60_000;
/** For those that have to be given up: long enough for a healthy answer, short enough to be awaited. */
const GIVEN_UP_MS = 3_000;
const RESTARTS = { restartMsMin: 1, restartMsMax: 8 };

export function hostileManifest(...command: string[]): Manifest {
  const manifest = parseManifest(readFileSync(join(HOSTILE, 'dapp.json'), 'utf8'));
  return command.length === 0 ? manifest : { ...manifest, contract: command, agent: command };
}

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

export function memoryLog() {
  const lines: LogLine[] = [];
  const add = (level: string) => (fields: object, message: string) => void lines.push({ ...fields, level, message });
  return { lines, info: add('info'), warn: add('warn') };
}

export function callOf(body: JsonObject): ApplyCall {
  return {
    entry: { dapp: 'hostile', ver: '1.0.0', kind: 'act', re: null, body, block: 'b1', index: 0 },
    author: { key: '00'.repeat(32), principal: 'p1', node: null },
    roles: ['admin'],
    at: { ms: 1, quality: 'synced' },
    seed: '11'.repeat(32),
  };
}

export interface LineProtocolOptions {
  readonly runner: Runner;
  /** Where the fixture stands for the programs. */
  readonly folder: string;
}

/** The node's side of the line protocol against real programs, on any runner. */
export function lineProtocolContract(t: Test, { runner, folder }: LineProtocolOptions): void {
  const state = new MemoryState();
  state.write('hostile', [
    { key: 'a', value: [1, { b: null }] },
    { key: 'things/x', value: 'thing' },
    ...Array.from({ length: 20 }, (_, i) => ({ key: `big/${i + 10}`, value: 'ü'.repeat(30_000) })),
  ]);
  state.write('other', [{ key: 'person/p1', value: { name: 'Ada' } }]);
  state.write('secrets', [{ key: 'a', value: 'secret' }]);

  const start = async (t: Test, command: string[] = [], timings: ContractTimings = {}) => {
    const log = memoryLog();
    const contract = await startContract({
      manifest: hostileManifest(...command),
      ...{ folder, runner, branch: 'main', log },
      timings: { applyMs: APPLY_MS, ...RESTARTS, ...timings },
    });
    t.teardown(() => contract.stop());
    return { contract, log };
  };
  const apply = (contract: Contract, body: JsonObject) => contract.apply(callOf(body), state);
  // biome-ignore lint/suspicious/noThenProperty: the protocol's word
  const good = { ok: true, writes: [], events: [], then: [] } as object;

  t.test('each fault fails its call with a code; the next call is well', async (t) => {
    const before = process.memoryUsage.rss();
    const [patient, hasty] = [await start(t), await start(t, [], { applyMs: GIVEN_UP_MS })];
    for (const [name, [body, code, reason]] of Object.entries(FAULTS)) {
      const { contract } = code === 'dapp_timeout' ? hasty : patient;
      const fault = await apply(contract, body).then(
        (outcome) => outcome,
        (error: unknown) => error,
      );
      t.match(fault, { code, fields: { dapp: 'hostile', ...(reason !== undefined && { reason }) } }, name);
      t.strictSame(await apply(contract, { do: 'good' }), good, `after: ${name}`);
    }
    const failures = [...patient.log.lines, ...hasty.log.lines].filter((line) => line.message === 'dapp failed');
    t.equal(failures.length, Object.keys(FAULTS).length, 'each is logged once');
    const grown = (process.memoryUsage.rss() - before) / 1024 / 1024;
    t.ok(grown < 256, `memory grew by ${Math.round(grown)} MiB`);
  });

  t.test('tells how the program ended', async (t) => {
    const { contract } = await start(t, [], { applyMs: GIVEN_UP_MS });
    await t.rejects(apply(contract, { do: 'exit' }), { code: 'dapp_exited', fields: { exitCode: 7, signal: null } });
    await t.rejects(apply(contract, { do: 'abort' }), {
      code: 'dapp_exited',
      fields: { exitCode: null, signal: 'SIGABRT' },
    });
    await t.rejects(apply(contract, { do: 'silent' }), {
      code: 'dapp_timeout',
      fields: { exitCode: null, signal: 'SIGKILL', timeoutMs: GIVEN_UP_MS },
    });
  });

  t.test('the first answer counts, whatever follows it', async (t) => {
    const { contract, log } = await start(t);
    const failures = (): number => log.lines.filter((line) => line.message === 'dapp failed').length;
    for (const [index, deed] of ['twice', 'answer_and_exit', 'read_afterwards'].entries()) {
      t.strictSame(await apply(contract, { do: deed }), good, deed);
      // What follows is a failure of its own, and meets this call or one of the next.
      while (failures() === index) await apply(contract, { do: 'good' }).catch((error: CodedError) => error.code);
      t.equal(failures(), index + 1);
      t.strictSame(await apply(contract, { do: 'good' }), good, `after ${deed}`);
    }
  });

  t.test('descendants end with a program that failed', async (t) => {
    const { contract } = await start(t);
    const forked = await apply(contract, { do: 'grandchild' });
    await t.rejects(apply(contract, { do: 'exit' }), { code: 'dapp_exited' });
    const pids = forked.ok ? [] : forked.message.split(' ').map(Number);
    t.equal(pids.length, 2);
    await Promise.all(pids.map(untilGone));
  });

  t.test('values come and go unharmed', async (t) => {
    const { contract } = await start(t);
    const value = {
      text: 'é€😀"\\\u0000\u2028',
      most: Number.MAX_SAFE_INTEGER,
      '': [{}, []],
      bytes: { '/': { bytes: 'AQI' } },
    };
    const body = raw(
      `{"then":[],"events":[{"payload":${JSON.stringify(value)},"topic":"a/b"}],"writes":[{"value":null,"key":"k"}],"ok":true}`,
    );
    t.strictSame(await apply(contract, body), {
      ...(good as { ok: true }),
      writes: [{ key: 'k', value: null }],
      events: [{ topic: 'a/b', payload: value }],
    } as object);
    const most = await apply(contract, writing(`"${'€'.repeat(21_844)}"`, `"${'k'.repeat(512)}"`));
    t.ok(most.ok, 'the largest key and value');
    t.strictSame(await apply(contract, { do: 'refuse' }), {
      ok: false,
      code: 'not_today',
      message: 'come back tomorrow',
    });
  });

  t.test('the call carries what the manifest reads', async (t) => {
    const { contract } = await start(t);
    const call = callOf({ do: 'params', key: 'x' });
    const outcome = await contract.apply(call, state);
    t.strictSame(outcome.ok && outcome.writes[0]?.value, {
      entry: call.entry,
      author: call.author,
      roles: call.roles,
      at: call.at,
      reads: { 'hostile:things/x': 'thing', 'other:person/p1': { name: 'Ada' } },
      seed: call.seed,
    } as object);
    const absent = await apply(contract, { do: 'reads', key: 'none' });
    t.match(absent, { writes: [{ value: { 'hostile:things/none': null } }] });
    const left = await apply(contract, { do: 'reads' });
    t.strictSame(left.ok && left.writes[0]?.value, { 'other:person/p1': { name: 'Ada' } }, 'no member, no key');
  });

  t.test('reads and scans during a call', async (t) => {
    const { contract } = await start(t);
    const value = async (body: JsonObject): Promise<Json> => {
      const outcome = await apply(contract, body);
      return outcome.ok ? (outcome.writes[0]?.value ?? null) : outcome.code;
    };
    t.strictSame(await value({ do: 'read', key: 'a' }), { value: [1, { b: null }] });
    t.strictSame(await value({ do: 'read', key: 'none' }), { value: null });
    t.strictSame(await value({ do: 'scan', key: 'things/' }), [1, false]);
    t.strictSame(await value({ do: 'scan', key: 'big/' }), [8, true], 'no more rows than fit in half a line');
    t.equal(await value({ do: 'foreign' }), 'not_permitted');
    t.equal(await value({ do: 'foreign_scan' }), 'not_permitted');
    t.equal(await value({ do: 'bad_scan' }), 'bad_params');
    t.equal(await value({ do: 'unknown_method' }), 'unknown_method');
    t.strictSame(await apply(contract, { do: 'reads_1024' }), good, 'as many requests as allowed');
  });

  t.test('a state that cannot be read fails the call, whatever the program makes of it', async (t) => {
    const { contract } = await start(t);
    const disk = new Error('disk on fire');
    const fail = (): never => {
      throw disk;
    };
    const broken = { read: fail, scan: fail };
    await t.rejects(contract.apply(callOf({ do: 'read', key: 'a' }), broken), disk);
    await t.rejects(contract.query('read', { key: 'a' }, broken), disk);
    await t.rejects(contract.apply(callOf({ do: 'good', key: 'x' }), broken), disk, 'reading ahead');
    t.strictSame(await apply(contract, { do: 'good' }), good);
  });

  t.test('queries', async (t) => {
    const { contract } = await start(t);
    t.strictSame(await contract.query('read', { key: 'a' }, state), { value: [1, { b: null }] });
    await t.rejects(contract.query('nonsense', {}, state), { code: 'query_refused', fields: { code: 'dapp_timeout' } });
    t.strictSame(await contract.query('read', { dapp: 'secrets', key: 'a' }, state), {
      code: 'not_permitted',
      number: -32000,
    });
  });

  t.test('calls run one at a time, in order, and their number is capped', async (t) => {
    const { contract } = await start(t);
    const calls = Array.from({ length: CONTRACT_QUEUE_MAX }, (_, i) =>
      apply(contract, { do: 'raw', ...writing(`${i}`) }),
    );
    await t.rejects(apply(contract, { do: 'good' }), { code: 'contract_busy' });
    const outcomes = await Promise.all(calls);
    t.strictSame(
      outcomes.map((outcome) => outcome.ok && outcome.writes[0]?.value),
      outcomes.map((_, i) => i),
    );
  });

  t.test('standard error is logged, cut and bounded', async (t) => {
    const { contract, log } = await start(t);
    await apply(contract, { do: 'long_errors' });
    await contract.stop();
    const lines = log.lines.filter((line) => line.message === 'standard error').map((line) => String(line.line));
    t.equal(lines[0], `\uFFFD\\x1b[2J${'e'.repeat(4096 - 5)}`);
    t.equal(lines[1], 'last words', 'without an LF, at the end');

    const flooded = await start(t);
    t.strictSame(await apply(flooded.contract, { do: 'flood_errors' }), good);
    // The program that floods starts beside the one that answers.
    await until(
      () => flooded.log.lines.some((line) => line.line === 'all is lost'),
      () => JSON.stringify(flooded.log.lines),
    );
    for (let calls = 0; calls < 200; calls++) t.strictSame(await apply(flooded.contract, { do: 'good' }), good);
    await flooded.contract.stop();
    const kept = flooded.log.lines.filter((line) => line.line === 'all is lost').length;
    const dropped = flooded.log.lines.filter((line) => line.message === 'lines of standard error were dropped');
    t.ok(kept >= 50 && kept % 50 === 0, `${kept} lines were logged`);
    t.ok(dropped.length >= 1 && dropped.length <= kept / 50, 'one word about the rest for each second');
  });

  t.test('a program that cannot start', async (t) => {
    const cases: Record<string, string[]> = {
      'not there': ['no-such-program'],
      'exits at once': ['sh', '-c', 'exit 1'],
      'exits at the greeting': ['python3', 'hostile.py', 'exit'],
      'greets with something else': ['python3', 'hostile.py', 'good'],
      'greets with too much': ['python3', 'hostile.py', 'giant'],
      'speaks before it is asked': ['sh', '-c', 'echo hello; cat'],
    };
    for (const [name, command] of Object.entries(cases)) {
      await t.rejects(start(t, command), { code: 'dapp_start_failed', fields: { dapp: 'hostile' } }, name);
    }
    await t.rejects(start(t, ['python3', 'hostile.py', 'deaf'], { helloMs: 300 }), {
      code: 'dapp_start_failed',
      cause: { code: 'dapp_timeout' },
    });
  });

  t.test('a patient one that cannot start is tried again, whether or not anybody waits for it', async (t) => {
    const log = memoryLog();
    const manifest = hostileManifest('false');
    const timings = { applyMs: APPLY_MS, ...RESTARTS };
    const contract = await startContract({ manifest, folder, runner, branch: 'main', log, timings, isPatient: true });
    await until(
      () => log.lines.length >= 3,
      () => JSON.stringify(log.lines),
    );
    t.match(log.lines.slice(0, 3), Array(3).fill({ message: 'dapp could not be started', dapp: 'hostile' }));
    await contract.stop();
    await t.rejects(apply(contract, {}), { code: 'dapp_stopped' });
  });

  t.test('stops in the middle of a call, deaf or not', async (t) => {
    for (const deed of ['silent', 'deaf']) {
      const { contract } = await start(t, [], { applyMs: 60_000 });
      const open = apply(contract, { do: deed });
      const waiting = apply(contract, { do: 'good' });
      const both = Promise.allSettled([open, waiting]);
      await contract.stop();
      await contract.stop();
      for (const outcome of await both) t.match(outcome, { reason: { code: 'dapp_stopped' } }, deed);
      await t.rejects(apply(contract, { do: 'good' }), { code: 'dapp_stopped' });
    }
  });

  t.test('any language will do', async (t) => {
    const shell = await start(t, ['sh', 'good.sh']);
    for (const _ of [1, 2]) {
      t.match(await apply(shell.contract, { do: 'x' }), { writes: [{ key: 'sh', value: { a: [], b: 1 } }] });
    }
    const node = await start(t, ['node', 'good.mjs']);
    for (const _ of [1, 2]) t.match(await apply(node.contract, { do: 'x' }), { writes: [{ value: 'é€😀' }] });
  });
}
