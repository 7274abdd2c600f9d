import t, { type Test } from 'tap';
import { CodedError } from '../../src/base/errors.ts';
import type { Json, JsonObject } from '../../src/base/json.ts';
import { compileEntryCheck } from '../../src/sandbox/entry-check.ts';
import { MemoryState } from '../../src/sandbox/memory-state.ts';
import { answerRead } from '../../src/sandbox/state-calls.ts';
import { folderOf, manifestOf, Program } from './harness.ts';

const HASH = { wide: 'a'.repeat(64), narrow: 'b'.repeat(64), strange: 'c'.repeat(64) };
const THURSDAY_NOON_MS = Date.UTC(2026, 0, 1, 12);
const SYNCED = { ms: THURSDAY_NOON_MS, quality: 'synced' };
const VIEWS = [
  { epoch: 'e2', bits: 40, hash: HASH.wide },
  { epoch: 'e2', bits: 24, hash: HASH.narrow },
];

interface Ask {
  readonly method: string;
  readonly params: JsonObject;
}

/** The agent as a real process, and a node that keeps a list of what it was asked to do. */
class AgentUnderTest {
  readonly program: Program;
  readonly asked: Ask[] = [];
  readonly state = new MemoryState();
  pulseFault: CodedError | undefined;
  appendFault: CodedError | undefined;

  constructor(t: Test) {
    const manifest = manifestOf('door');
    const entries = compileEntryCheck(manifest);
    this.program = new Program(t, folderOf('door'), 'agent.ts', (method, params) => {
      this.asked.push({ method, params });
      if (method === 'read') return answerRead(manifest, this.state, params);
      if (method === 'pulse') {
        if (this.pulseFault !== undefined) throw this.pulseFault;
        return { pulse: 'p-1', atNs: '12345678901234567890' };
      }
      if (method !== 'append') throw new CodedError('unknown_method', method);
      if (this.appendFault !== undefined) throw this.appendFault;
      entries.check(String(params.kind), params.body as Json);
      return { block: 'b-1', index: 0 };
    });
    this.state.write('door', [
      { key: 'reader/r-front', value: 'front' },
      { key: 'door/front', value: { reader: 'r-front', output: 'o-front', openMs: 3_000, schedule: 'days', bits: 24 } },
      { key: 'schedule/days', value: { zone: 'UTC0', hours: [{ days: [1, 2, 3, 4, 5], from: 480, to: 1200 }] } },
      { key: 'reader/r-back', value: 'back' },
      { key: 'door/back', value: { reader: 'r-back', output: 'o-back', openMs: 500, schedule: null, bits: 40 } },
    ]);
    this.state.write('membership', [
      { key: 'member/ada', value: { name: 'Ada', since: 1 } },
      { key: `badge/e2/40/${HASH.wide}`, value: { member: 'ada', badge: 'fob' } },
      { key: `badge/e2/24/${HASH.narrow}`, value: { member: 'ada', badge: 'fob' } },
    ]);
  }

  async badge(reader: string, views: readonly Json[] = VIEWS, at: JsonObject = SYNCED): Promise<void> {
    const payload = { reader, event: 'ev-1', credential: { family: 'em4100', views } };
    await this.program.call('event', { topic: `badge/${reader}`, payload, at });
  }

  /** What the agent did since the last look, the reads left out. */
  acts(): readonly Ask[] {
    return this.asked.splice(0).filter(({ method }) => method !== 'read');
  }
}

t.test('a known badge opens first and is written down after', async (t) => {
  const agent = new AgentUnderTest(t);
  await agent.badge('r-front');
  t.strictSame(agent.acts(), [
    { method: 'pulse', params: { output: 'o-front', ms: 3_000 } },
    {
      method: 'append',
      params: {
        kind: 'granted',
        body: {
          door: 'front',
          member: 'ada',
          badge: 'fob',
          rule: 'schedule:days',
          event: 'ev-1',
          clock: 'synced',
          pulse: 'p-1',
        },
      },
    },
  ]);
  await agent.badge('r-back', VIEWS, { ms: 0, quality: 'unknown' });
  t.match(agent.acts(), [
    { method: 'pulse', params: { output: 'o-back', ms: 500 } },
    { params: { kind: 'granted', body: { door: 'back', rule: 'always', clock: 'unknown' } } },
  ]);
});

t.test('every denial is a fact of its own form, and no output moves', async (t) => {
  const agent = new AgentUnderTest(t);
  const strange = VIEWS.map((view) => ({ ...view, hash: HASH.strange }));
  const saturday = { ms: THURSDAY_NOON_MS + 2 * 86_400_000, quality: 'synced' };
  const who = { member: 'ada', badge: 'fob' };
  const table: readonly [string, () => Promise<void>, JsonObject][] = [
    [
      'unknown',
      () => agent.badge('r-front', strange),
      { door: 'front', code: 'unknown_badge', rule: 'badge', view: strange[0] ?? null, clock: 'synced' },
    ],
    [
      'too narrow',
      () => agent.badge('r-back', VIEWS.slice(1)),
      { door: 'back', code: 'unknown_badge', rule: 'badge', view: VIEWS[1] ?? null, clock: 'synced' },
    ],
    ['no door', () => agent.badge('r-none'), { reader: 'r-none', code: 'no_door', rule: 'reader', clock: 'synced' }],
    [
      'outside',
      () => agent.badge('r-front', VIEWS, saturday),
      { door: 'front', code: 'outside_schedule', rule: 'schedule:days', ...who, clock: 'synced' },
    ],
    [
      'no clock',
      () => agent.badge('r-front', VIEWS, { ms: THURSDAY_NOON_MS, quality: 'unknown' }),
      { door: 'front', code: 'clock_unknown', rule: 'schedule:days', ...who, clock: 'unknown' },
    ],
    [
      'ambiguous',
      () => {
        agent.state.write('membership', [
          { key: 'member/bob', value: { name: 'Bob', since: 1 } },
          { key: `badge/e2/24/${HASH.narrow}`, value: { member: 'bob', badge: 'card' } },
        ]);
        return agent.badge('r-front');
      },
      { door: 'front', code: 'ambiguous_badge', rule: 'badge', clock: 'synced' },
    ],
  ];
  for (const [name, present, body] of table) {
    await present();
    t.strictSame(
      agent.acts(),
      [{ method: 'append', params: { kind: 'denied', body: { ...body, event: 'ev-1' } } }],
      name,
    );
  }
});

t.test('a pulse that fails is told in the grant', async (t) => {
  const agent = new AgentUnderTest(t);
  agent.pulseFault = new CodedError('output_unknown', 'no such output');
  await agent.badge('r-front');
  const [pulse, append] = agent.acts();
  t.equal(pulse?.method, 'pulse');
  t.match(append, { method: 'append', params: { kind: 'granted', body: { fault: 'output_unknown' } } });
  t.notOk('pulse' in ((append?.params.body ?? {}) as JsonObject));
});

t.test('a fact that cannot be kept is the answer to the event, and opens nothing twice', async (t) => {
  const agent = new AgentUnderTest(t);
  agent.appendFault = new CodedError('disk_full', 'no room');
  await t.rejects(agent.badge('r-front'), { code: 'disk_full' });
  t.strictSame(
    agent.acts().map(({ method }) => method),
    ['pulse', 'append'],
  );
});

t.test('changes of the state move nothing', async (t) => {
  const agent = new AgentUnderTest(t);
  agent.program.notify('changed', { dapp: 'membership', keys: ['member/ada'], at: SYNCED });
  agent.program.notify('changed', { dapp: 'door', keys: ['door/front'], at: SYNCED });
  // A call after them, so that both have been taken.
  await agent.program.call('hello', { abi: 1, dapp: 'door', branch: 'main' });
  t.strictSame(agent.asked, []);
  t.equal(agent.program.stderr, '');
});

t.test('a badge is decided in three round trips', async (t) => {
  const agent = new AgentUnderTest(t);
  await agent.badge('r-front');
  const keys = agent.asked.map(({ method, params }) => (method === 'read' ? String(params.key) : method));
  // The door's side and the card's side go out together: the reader and both views before anything was answered.
  t.strictSame(keys.slice(0, 3), ['reader/r-front', `badge/e2/40/${HASH.wide}`, `badge/e2/24/${HASH.narrow}`]);
  t.strictSame(keys.slice(3, 5).sort(), ['door/front', 'member/ada']);
  t.strictSame(keys.slice(5), ['schedule/days', 'pulse', 'append']);
});

t.test('hostile events are refused with a code and the agent lives on', async (t) => {
  const agent = new AgentUnderTest(t);
  const payload = { reader: 'r-front', event: 'ev-1', credential: { family: 'em4100', views: VIEWS } };
  const send = (change: JsonObject): Promise<Json> =>
    agent.program.call('event', { topic: 'badge/r-front', payload, at: SYNCED, ...change });
  const refused: readonly [JsonObject, string][] = [
    [{ topic: 'badge/r-back' }, 'bad_field'],
    [{ topic: 'other/r-front' }, 'unheard_topic'],
    [{ topic: 'badge/r-front/x' }, 'unheard_topic'],
    [{ payload: { ...payload, event: 7 } }, 'bad_field'],
    [{ payload: { ...payload, credential: null } }, 'bad_field'],
    [{ payload: { ...payload, credential: { views: [{ epoch: 'e2', bits: '40', hash: HASH.wide }] } } }, 'bad_field'],
    [{ payload: { ...payload, credential: { views: Array(49).fill(VIEWS[0]) } } }, 'too_many_views'],
    [{ at: { ms: -1, quality: 'synced' } }, 'bad_field'],
  ];
  for (const [change, code] of refused) await t.rejects(send(change), { code }, code);
  t.strictSame(agent.acts(), []);
  await agent.badge('r-front');
  t.equal(agent.acts().length, 2);
});
