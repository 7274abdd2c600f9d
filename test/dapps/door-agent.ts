import type { Test } from 'tap';
import { doorAgent } from '../../dapps/door/acting/acting.ts';
import { DOOR } from '../../dapps/door/rules.ts';
import { CodedError } from '../../src/base/errors.ts';
import type { Json, JsonObject } from '../../src/base/json.ts';
import type { MemoryState } from '../../src/sandbox/memory-state.ts';
import { answerRead, answerScan } from '../../src/sandbox/state-calls.ts';
import { AgentInProcess } from './agent-in-process.ts';
import { folderOf, Program } from './harness.ts';
import { formOf, RulesUnderTest } from './in-process.ts';

export const HASH = { wide: 'a'.repeat(64), narrow: 'b'.repeat(64), strange: 'c'.repeat(64), other: 'd'.repeat(64) };
/** A Thursday. */
export const NOON_MS = Date.UTC(2026, 0, 1, 12);
export const MINUTE_MS = 60_000;
export const ADAS = [
  { epoch: 'e2', bits: 40, hash: HASH.wide },
  { epoch: 'e2', bits: 24, hash: HASH.narrow },
];
export const BOBS = [{ epoch: 'e2', bits: 40, hash: HASH.other }];

export const at = (ms = NOON_MS, quality = 'synced') => ({ ms, quality });

export interface Ask {
  readonly method: string;
  readonly params: JsonObject;
}

const LOOKS: readonly string[] = ['read', 'scan', 'output'];
const EVERYONE = [{ who: 'everyone', schedule: null }];
const FRONT = { reader: 'r-front', output: 'o-front', openMs: 3_000, bits: 24, allow: EVERYONE };
const BACK = { reader: 'r-back', output: 'o-back', openMs: 500, bits: 40, allow: EVERYONE };

/**
 * The agent, and a node that keeps a list of what it was asked to do. What the agent writes down is played on the
 * dapp's rules at once, as the fold would do it.
 */
export class AgentUnderTest {
  readonly program: Program | AgentInProcess;
  readonly asked: Ask[] = [];
  readonly rules = new RulesUnderTest(DOOR);
  readonly faults = new Map<string, CodedError>();
  /** Outputs of this node, and how long each stays on at most. */
  readonly outputs = new Map([
    ['o-front', 10 * MINUTE_MS],
    ['o-back', 10 * MINUTE_MS],
  ]);
  readonly on = new Set<string>();
  /** What was said to MQTT since the last look, each as topic and payload. */
  readonly heard: JsonObject[] = [];
  /** Timers that are set, and in how many ms. */
  readonly timers = new Map<string, number>();
  /** Runs before the answer to a call, as if something else happened at that moment. */
  before: (ask: Ask) => void = () => {};
  #facts: Promise<unknown> = Promise.resolve();

  /** @param t with a test the agent is a real process, which ends with it; else it runs in this one. */
  constructor(t?: Test) {
    const { manifest, entries } = formOf('door');
    this.rules.reset({
      door: {
        'reader/r-front': 'front',
        'door/front': FRONT,
        'reader/r-back': 'back',
        'door/back': BACK,
        'output/o-front': 'front',
        'output/o-back': 'back',
        'schedule/days': { zone: 'UTC0', hours: [{ days: [1, 2, 3, 4, 5], from: 480, to: 1200 }], holidays: false },
      },
      mesh: { 'device/r-front': { node: 'n1', role: 'reader' }, 'device/r-back': { node: 'n1', role: 'reader' } },
      membership: {
        ...person('ada', 'fob', ADAS),
        ...person('bob', 'card', BOBS),
      },
    });
    const answer = (method: string, params: JsonObject): Json => {
      const ask = { method, params };
      this.before(ask);
      this.asked.push(ask);
      const fault = this.faults.get(method);
      if (fault !== undefined) throw fault;
      if (method === 'read') return answerRead(manifest, this.state, params);
      if (method === 'scan') return answerScan(manifest, this.state, params);
      if (method === 'append') {
        entries.check(String(params.kind), params.body as Json);
        this.#played({ kind: String(params.kind), body: params.body as JsonObject });
        return { block: 'b-1', index: 0 };
      }
      return this.#act(method, params);
    };
    this.program =
      t === undefined ? new AgentInProcess(doorAgent(), answer) : new Program(t, folderOf('door'), 'agent.ts', answer);
  }

  /** The monotonic clock. */
  get nowMs(): number {
    return 1_000_000;
  }

  get state(): MemoryState {
    return this.rules.state;
  }

  /** Greets the agent and waits until it has set its first timers. */
  async start(): Promise<void> {
    await this.program.call('hello', { abi: 1, dapp: 'door', branch: 'main' });
    await this.settled();
    this.asked.splice(0);
  }

  give(dapp: string, rows: JsonObject): void {
    this.state.write(
      dapp,
      Object.entries(rows).map(([key, value]) => ({ key, value })),
    );
  }

  edit(door: string, change: JsonObject): void {
    const record = this.state.read('door', `door/${door}`) as JsonObject;
    this.give('door', { [`door/${door}`]: { ...record, ...change } });
  }

  async badge(
    reader: string,
    views: readonly Json[] = ADAS,
    when: JsonObject = at(),
    pin?: readonly Json[],
  ): Promise<void> {
    const payload = { reader, event: 'ev-1', credential: { family: 'em4100', views }, ...(pin ? { pin } : {}) };
    await this.program.call('event', { topic: `badge/${reader}`, payload, at: when });
    await this.#facts;
  }

  async fire(timer: string, when: JsonObject = at()): Promise<void> {
    this.timers.delete(timer);
    await this.program.call('timer', { id: timer, at: when });
    await this.settled();
  }

  /** Tells of changed state and waits until the agent has dealt with it. */
  async changed(dapp: string, keys: readonly string[], when: JsonObject = at()): Promise<void> {
    this.program.notify('changed', { dapp, keys, at: when });
    await this.settled();
  }

  /** Until the agent asks for nothing more: two greetings in a row without a call between them. */
  async settled(): Promise<void> {
    for (let before = -1; before !== this.asked.length; ) {
      before = this.asked.length;
      for (let i = 0; i < 3; i += 1) await this.program.call('hello', { abi: 1, dapp: 'door', branch: 'main' });
    }
    await this.#facts;
  }

  /** What the agent did since the last look: outputs moved, facts written. */
  acts(): readonly string[] {
    return this.asked
      .splice(0)
      .filter(({ method }) => !LOOKS.includes(method) && method !== 'schedule' && method !== 'publish')
      .map(({ method, params }) => (method === 'append' ? factText(params) : `${method} ${String(params.output)}`));
  }

  #act(method: string, params: JsonObject): Json {
    const name = String(params.output);
    const longestMs = this.outputs.get(name);
    if (method === 'schedule') {
      if (params.ms === null) this.timers.delete(String(params.id));
      else this.timers.set(String(params.id), Number(params.ms));
      return null;
    }
    if (method === 'publish') {
      this.heard.push(params);
      return null;
    }
    if (longestMs === undefined) throw new CodedError('unknown_output', `no output ${name}`);
    if (method === 'output') return { on: this.on.has(name), longestMs };
    if (method === 'pulse') return { pulse: 'p-1', atNs: `${this.nowMs}000000` };
    if (method === 'hold') this.on.add(name);
    else if (method === 'release') this.on.delete(name);
    else throw new CodedError('unknown_method', method);
    return null;
  }

  #played(fact: { readonly kind: string; readonly body: JsonObject }): void {
    this.#facts = this.#facts.then(async () => {
      const { ok, code } = await this.rules.apply({ ...fact, roles: ['node'], at: at() });
      if (!ok) throw new Error(`a fact was refused: ${code}`);
    });
  }
}

/** The records of a member with one badge. */
export function person(
  member: string,
  badge: string,
  views: readonly JsonObject[],
  change: JsonObject = {},
): JsonObject {
  const record = {
    ...{ name: member, since: 1, groups: [], roles: [], family: null, permanent: true, plans: [], guest: null },
    email: null,
  };
  return {
    [`member/${member}`]: { ...record, ...change },
    [`held/${member}/${badge}`]: { label: 'fob', family: 'em4100', views, pin: null, lost: null },
    ...Object.fromEntries(
      views.map(({ epoch, bits, hash }) => [
        `badge/${String(epoch)}/${String(bits)}/${String(hash)}`,
        { member, badge },
      ]),
    ),
  };
}

/** A fact in one line: kind, door, and what decided. */
function factText({ kind, body }: JsonObject): string {
  const { door, reader, alarm, code, rule, on, fault, second } = body as JsonObject;
  const parts = [
    kind,
    door ?? reader,
    alarm,
    on,
    code,
    rule,
    fault,
    second === undefined ? undefined : `with ${String(second)}`,
  ];
  return parts.filter((part) => part !== undefined).join(' ');
}
