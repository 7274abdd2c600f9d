import fc from 'fast-check';
import t from 'tap';
import type { JsonObject } from '../../src/base/json.ts';
import {
  BADGE_WAIT_MS_MAX,
  BADGES_OPEN_ALL_MAX,
  BADGES_OPEN_MAX,
  READER_LOOK_MS,
  READER_QUEUE_MAX,
  READER_REFUSED_PER_LOOK_MAX,
  WIRE_EVENTS_MAX,
  WIRE_RETRY_MS,
  WIRE_TRIES_MAX,
} from '../../src/base/limits.ts';
import type { Clock } from '../../src/base/ports.ts';
import type { PinsClient } from '../../src/devices/pins/client.ts';
import { BadgeLanes } from '../../src/node/badge-lanes.ts';
import type { OutputConfig } from '../../src/node/config-outputs.ts';
import { Feedback } from '../../src/node/feedback.ts';
import { ReaderWatch } from '../../src/node/reader-watch.ts';
import { Wires } from '../../src/node/wires.ts';
import { memoryLog } from '../contract/line-protocol.ts';

/** A clock that goes on when the test says so. */
class TestClock implements Clock {
  ms = 0;
  readonly #timers = new Set<{ readonly atMs: number; readonly task: () => void }>();

  now() {
    return { wallMs: this.ms, quality: 'synced' } as const;
  }

  monotonicMs(): number {
    return this.ms;
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = { atMs: this.ms + delayMs, task };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  get pending(): number {
    return this.#timers.size;
  }

  /** Lets time pass, and whatever is due happen in its order. */
  async pass(ms: number): Promise<void> {
    const endMs = this.ms + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.ms = Math.max(this.ms, next.atMs);
      next.task();
      await turn();
    }
    this.ms = endMs;
    await turn();
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const randomness = { bytes: (length: number) => new Uint8Array(length) };

t.test('of one reader few badges are handled at once, of all no more than an agent has room for', async (t) => {
  const [clock, log] = [new TestClock(), memoryLog()];
  const lanes = new BadgeLanes(clock, log);
  const open: { readonly reader: string; readonly done: () => void }[] = [];
  const badge = (reader: string) =>
    lanes.take(reader, () => new Promise<void>((resolve) => open.push({ reader, done: resolve })));
  const count = (reader: string) => open.filter((one) => one.reader === reader).length;
  for (let i = 0; i < BADGES_OPEN_MAX + READER_QUEUE_MAX + 5; i += 1) badge('loud');
  t.equal(count('loud'), BADGES_OPEN_MAX);
  t.strictSame(
    log.lines.map(({ code }) => code),
    Array(5).fill('reader_busy'),
    'what may not wait is lost',
  );
  badge('quiet');
  t.equal(count('quiet'), 1, 'another reader does not wait');
  for (let i = 0; i < 20; i += 1) for (let n = 0; n < BADGES_OPEN_MAX; n += 1) badge(`r${i}`);
  t.equal(open.length, BADGES_OPEN_ALL_MAX);
  const before = open.length;
  open.splice(0, 1)[0]?.done();
  await turn();
  t.equal(open.length, before, 'one that is done makes room for one');
  t.notOk(
    open.slice(BADGES_OPEN_ALL_MAX - 1).some(({ reader }) => reader === 'loud'),
    'and the others come first',
  );
  await clock.pass(BADGE_WAIT_MS_MAX + 1);
  for (const { done } of open.splice(0)) done();
  await turn();
  t.strictSame([open.length, log.lines.at(-1)?.code], [0, 'badge_too_late'], 'nobody stands there any more');
  const late = log.lines.filter(({ code, reader }) => code === 'badge_too_late' && reader === 'loud');
  t.equal(late.length, READER_QUEUE_MAX, 'each of them is told');
  badge('loud');
  t.equal(open.length, 1, 'and all is as before');
});

/** Wires of outputs with these feedbacks, and what they told. */
function wiresUnderTest(feedback?: string) {
  const clock = new TestClock();
  const told: JsonObject[] = [];
  const gate = { isOpen: true };
  const output: OutputConfig = { line: 'x', active: 'high', longest_ms: 1_000, feedback_ms: 500 };
  const wires = new Wires({
    config: { output: { strike: feedback === undefined ? output : { ...output, feedback } } },
    ...{ clock, randomness, log: memoryLog() },
    tell: async (topic, payload) => {
      if (gate.isOpen) told.push({ topic, ...payload });
      return gate.isOpen;
    },
  });
  const isOn = { strike: false };
  const levels = new Map<string, boolean | undefined>([['reed', false]]);
  const pins = {
    list: async () => [{ name: 'strike', on: isOn.strike }],
    inputs: async () => [...levels].map(([name, active]) => ({ name, active, atNs: 5n })),
  } as unknown as PinsClient;
  const texts = () => {
    const all = told
      .splice(0)
      .map(({ topic, active, on, fault, state, initial }) =>
        [topic, active ?? on ?? state, fault, initial === true ? 'initial' : undefined].filter(
          (part) => part !== undefined,
        ),
      );
    return all.map((parts) => parts.map(String).join(' '));
  };
  const input = (name: string, active: boolean, atNs = 7n) =>
    wires.heard({ type: 'input', input: name, active, atNs, seq: 1 });
  const pulse = (end?: 'timer' | 'superseded') =>
    wires.heard({ type: 'output', output: 'strike', id: 'p', seq: 1, atNs: 9n, end });
  return { clock, wires, pins, levels, isOn, told, texts, gate, input, pulse };
}

t.test('how wires are is told at a start, when the pins come and go, and to agents that start again', async (t) => {
  const { wires, pins, levels, texts, told, input, pulse } = wiresUnderTest();
  levels.set('lid', undefined);
  await wires.connected(pins);
  await turn();
  t.match(told[0], { topic: 'input/reed', input: 'reed', active: false, atNs: '5', event: '0000000000000000' });
  t.strictSame(texts(), ['input/reed false initial', 'input/lid initial', 'output/strike false null initial']);
  wires.readerIs('front', 'lost');
  input('reed', true);
  pulse();
  pulse('superseded');
  pulse();
  pulse('timer');
  await turn();
  // Each wire in its own order, and none behind another.
  t.strictSame([...texts()].sort(byTopic), [
    ...['reader/front lost', 'input/reed true', 'output/strike true null', 'output/strike true null'],
    'output/strike false null',
  ]);
  wires.lost();
  await turn();
  t.strictSame(texts(), [
    'input/reed initial',
    'input/lid initial',
    'output/strike null initial',
    'reader/front lost initial',
  ]);
  wires.retell();
  await turn();
  t.equal(told.length, 4);
  t.match(told[0], { active: null }, 'nobody knows');
  wires.stop();
  input('reed', false);
  await turn();
  t.equal(told.length, 4, 'after a stop nothing is told');
});
const byTopic = (a: string, b: string) => order.indexOf(a.split('/')[0] ?? '') - order.indexOf(b.split('/')[0] ?? '');
const order = ['reader', 'input', 'output'];

t.test(
  'a wire that is faster than the agents loses what is old, never the last; a busy agent is tried again',
  async (t) => {
    const { clock, wires, pins, told, gate, input } = wiresUnderTest();
    await wires.connected(pins);
    await turn();
    told.splice(0);
    gate.isOpen = false;
    for (let i = 1n; i <= 50n; i += 1n) input('reed', i % 2n === 1n, i);
    await turn();
    gate.isOpen = true;
    await clock.pass(WIRE_RETRY_MS);
    t.equal(told.length, WIRE_EVENTS_MAX + 1, 'the first, which was on its way, and the last');
    t.match(told.at(-1), { active: false, atNs: '50' });
    gate.isOpen = false;
    input('reed', true);
    await turn();
    await clock.pass(WIRE_RETRY_MS * (WIRE_TRIES_MAX + 1));
    t.equal(clock.pending, 0, 'an agent that never has room is not tried for ever');
    gate.isOpen = true;
    input('reed', false);
    await turn();
    t.match(told.at(-1), { active: false });
  },
);

t.test('a load that is on though its output is off is welded; one that is off though it is on is silent', async (t) => {
  const { clock, wires, pins, levels, texts, input, pulse } = wiresUnderTest('seen');
  levels.set('seen', true);
  await wires.connected(pins);
  await turn();
  t.ok(texts().includes('output/strike false initial'), 'not known yet');
  await clock.pass(499);
  t.strictSame(texts(), []);
  await clock.pass(1);
  t.strictSame(texts(), ['output/strike false welded'], 'welded since before the start');
  wires.retell();
  await turn();
  t.ok(texts().includes('output/strike false welded initial'), 'told again to whoever starts');
  input('seen', false);
  await turn();
  t.strictSame(texts(), ['input/seen false', 'output/strike false null']);
  pulse();
  await clock.pass(499);
  input('seen', true);
  pulse('timer');
  await clock.pass(499);
  input('seen', false);
  await clock.pass(1_000);
  t.notMatch(texts().join(), /welded|silent/, 'a feedback may lag');
  pulse();
  await clock.pass(500);
  t.strictSame(texts(), ['output/strike true null', 'output/strike true silent']);
  t.strictSame(wires.describe().faults, [{ output: 'strike', fault: 'silent' }]);
  wires.lost();
  await clock.pass(1_000);
  t.notMatch(texts().join(), /welded/, 'what nobody sees is no fault');
});

t.test('a reload tells what is new and what is gone, and nothing of the rest', async (t) => {
  const { clock, wires, pins, levels, texts, told, isOn, input } = wiresUnderTest('seen');
  levels.set('seen', false);
  await wires.connected(pins);
  wires.readerIs('front', 'open');
  await turn();
  texts();
  const none = { added: [], changed: [], removed: [] };
  const strike: OutputConfig = { line: 'y', active: 'high', longest_ms: 1_000, feedback_ms: 100, feedback: 'lid' };
  levels.delete('reed');
  levels.set('lid', true);
  const changes = {
    input: { ...none, added: ['lid'], removed: ['reed'] },
    output: { ...none, changed: ['strike'] },
    reader: none,
  };
  await wires.take({ output: { strike } }, changes, pins);
  wires.readerGone('front');
  await turn();
  t.match(told[0], { topic: 'input/reed', active: null, initial: true, fault: undefined });
  t.strictSame(texts(), [
    'input/reed initial',
    'input/lid true initial',
    'output/strike false initial',
    'reader/front lost initial',
  ]);
  await clock.pass(100);
  t.strictSame(texts(), ['output/strike false welded'], 'by its new feedback, and its new time');
  wires.retell();
  await turn();
  t.notMatch(texts().join(), /reed|front/, 'what is gone is told no more');
  // An event that comes while all are looked at is newer than the look.
  isOn.strike = false;
  const late = { ...pins, list: pins.list, inputs: async () => [{ name: 'lid', active: true, atNs: 5n }] };
  const look = wires.take({ output: {} }, { ...changes, input: { ...none, changed: ['lid'] } }, late);
  input('lid', false, 9n);
  await look;
  t.match(wires.describe().inputs, [{ name: 'seen' }, { name: 'lid', active: false }]);
  t.strictSame(wires.describe().faults, [], 'without feedback there is no fault');
  t.equal(clock.pending, 0);
});

t.test('whatever an output and its feedback do, a fault is told when and only when they differ for long', async () => {
  const step = fc.record({
    isOn: fc.option(fc.boolean(), { freq: 10 }),
    isActive: fc.option(fc.boolean(), { freq: 10 }),
    ms: fc.integer({ min: 0, max: 20 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const clock = new TestClock();
      const told: (string | null)[] = [];
      const feedback = new Feedback({ clock, lagMs: 10, onFault: (fault) => told.push(fault) });
      let [wanted, sinceMs]: [string | null, number] = [null, 0];
      let known: string | null | undefined;
      for (const { isOn, isActive, ms } of steps) {
        feedback.compare(isOn, isActive);
        const now = isOn === null || isActive === null ? null : isOn === isActive ? 'none' : isOn ? 'silent' : 'welded';
        if (now !== wanted) [wanted, sinceMs] = [now, clock.ms];
        if (now === 'none') known = null;
        await clock.pass(ms);
        if ((now === 'silent' || now === 'welded') && clock.ms - sinceMs >= 10) known = now;
        if (feedback.fault !== known) throw new Error(`${String(feedback.fault)} instead of ${String(known)}`);
      }
      if (told.some((fault, at) => at > 0 && fault === told[at - 1])) throw new Error('told twice');
    }),
    { numRuns: 300 },
  );
});

t.test('a reader that drops or refuses much babbles until it has been quiet', async (t) => {
  const clock = new TestClock();
  const totals = { state: 'open', dropped: 0, throttled: 0, refused: { checksum: 0, form: 0 } };
  const told: string[] = [];
  const watch = new ReaderWatch({
    clock,
    describe: () => [{ name: 'front', ...totals, refused: { ...totals.refused } }],
    onState: (_reader, state) => told.push(state),
  });
  watch.start();
  t.strictSame(told, ['open']);
  totals.refused.form += READER_REFUSED_PER_LOOK_MAX;
  await clock.pass(READER_LOOK_MS);
  t.strictSame(told, ['open'], 'a little noise is none');
  totals.refused.checksum += READER_REFUSED_PER_LOOK_MAX + 1;
  await clock.pass(READER_LOOK_MS);
  t.strictSame(told, ['open', 'babbling']);
  await clock.pass(5 * READER_LOOK_MS);
  totals.dropped += 1;
  await clock.pass(READER_LOOK_MS);
  t.strictSame(told, ['open', 'babbling'], 'and on');
  await clock.pass(6 * READER_LOOK_MS);
  t.strictSame(told, ['open', 'babbling', 'open']);
  totals.state = 'lost';
  await clock.pass(READER_LOOK_MS);
  t.strictSame(told.at(-1), 'lost');
  watch.replaced(['front', 'gone']);
  t.strictSame(told.splice(0).slice(-2), ['lost', 'lost'], 'another reader of that name is told at once');
  watch.replaced(['gone']);
  t.strictSame(told, [], 'and the others are left alone');
  watch.stop();
  t.equal(clock.pending, 0);
});
