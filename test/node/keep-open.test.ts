import t from 'tap';
import type { PinsClient } from '../../src/devices/pins/client.ts';
import type { PinsOutputEvent } from '../../src/devices/pins/events.ts';
import type { RpcPeer } from '../../src/sandbox/peer.ts';
import { dappProcess } from './dapp-process.ts';
import { type Program, untilFound, WAIT_MS } from './program.ts';
import { furnish, LogReader, TestSpace } from './space-harness.ts';

/** Keep-open hours and orders on real parts. Every hour is one of them, so that a minute never matters. */

const ALWAYS = [{ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1440 }];
const DAY_MS = 86_400_000;
/** An output that goes off by itself all the time. */
const SHORT_MS = 1_000;

/** What the pins process did with each output, as it comes. */
class Lines {
  readonly #seen = new Map<string, string[]>();
  #waiting: (() => void)[] = [];

  take({ output, end }: PinsOutputEvent): void {
    this.seen(output).push(end ?? 'on');
    for (const wake of this.#waiting.splice(0)) wake();
  }

  seen(output: string): string[] {
    const seen = this.#seen.get(output) ?? [];
    this.#seen.set(output, seen);
    return seen;
  }

  /** What comes next, or has come since the last call. */
  async next(output: string): Promise<string | undefined> {
    const seen = this.seen(output);
    while (seen.length === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return seen.shift();
  }
}

let space: TestSpace;
let node: Program;
let control: RpcPeer;
let pins: PinsClient;
const lines = new Lines();
const ask = (method: string, params: Parameters<RpcPeer['call']>[1]) => control.call(method, params, WAIT_MS);

/** The agent has dealt with all it was told: what it is asked afterwards it has answered. */
async function heard(): Promise<void> {
  for (let i = 0; i < 5; i += 1) await ask('door.open', { door: 'nowhere' }).catch(() => undefined);
}

async function start(): Promise<void> {
  node = await space.startNode();
  control = await space.control();
}

t.before(async () => {
  space = await TestSpace.make(t, { doors: ['front', 'back', 'side'], longestMs: { front: DAY_MS, side: SHORT_MS } });
  await space.startPins();
  pins = await space.pins((event) => lines.take(event));
  await start();
  const doors = [
    { name: 'front', openMs: 500 },
    { name: 'back', openMs: 60_000 },
    { name: 'side', openMs: 500 },
  ];
  await furnish(space, doors, []);
});

t.teardown(() => control.close());

t.test('commands open nothing; a node that starts within the hours does', async (t) => {
  await ask('schedule.set', { schedule: 'always', hours: [] });
  await ask('door.edit', { door: 'front', keepOpen: 'always' });
  await ask('door.edit', { door: 'side', keepOpen: 'always' });
  let tries = 0;
  for (let isOn = true; isOn && tries < 3; tries += 1) {
    await ask('schedule.set', { schedule: 'always', hours: [] });
    await heard();
    lines.seen('front-strike').splice(0);
    await ask('schedule.set', { schedule: 'always', hours: ALWAYS });
    await ask('lockdown', { reason: 'a test' });
    await ask('lockdown.end', {});
    await heard();
    // A full minute opens them, and could come just now; three times in a row it does not.
    isOn = lines.seen('front-strike').length > 0;
  }
  t.strictSame(lines.seen('front-strike'), []);
  node.signal('SIGTERM');
  await node.exited;
  // A full minute may have come by now; what it opened is shut before the next life begins, and said before this answer.
  const isShut = async () => !(await pins.list()).some(({ on }) => on) || undefined;
  await untilFound(isShut, 'all that the node held is off');
  lines.seen('front-strike').splice(0);
  await start();
  t.equal(await lines.next('front-strike'), 'on');
  const row = await new LogReader(control).row(({ kind, body }) => kind === 'kept' && body.door === 'front');
  t.match(row.body, { door: 'front', on: true, rule: 'schedule:always', clock: 'synced' });
});

t.test('a node that is killed lets go, and its next life holds again', async (t) => {
  node.signal('SIGKILL');
  t.equal(await lines.next('front-strike'), 'orphaned');
  await start();
  t.equal(await lines.next('front-strike'), 'on');
});

t.test('an agent that is killed lets go, and its next life holds again', async (t) => {
  process.kill(await dappProcess(space, 'agent.ts', 'door'), 'SIGKILL');
  t.equal(await lines.next('front-strike'), 'released');
  t.equal(await lines.next('front-strike'), 'on');
});

t.test('an output that stays on for a short time only is held anew each time', async (t) => {
  const side = lines.seen('side-strike');
  side.splice(0);
  const ends = [await lines.next('side-strike'), await lines.next('side-strike'), await lines.next('side-strike')];
  t.ok(ends.includes('longest') && ends.includes('on'), ends.join());
});

t.test('an order shuts at once what is held and what is pulsing, and its lift opens nothing', async (t) => {
  await ask('door.open', { door: 'back' });
  t.equal(await lines.next('back-strike'), 'on');
  await ask('door.disable', { door: 'back', reason: 'a test' });
  t.equal(await lines.next('back-strike'), 'released');
  await t.rejects(ask('door.open', { door: 'back' }), { code: 'disabled' });
  await ask('lockdown', { reason: 'a test' });
  t.equal(await lines.next('front-strike'), 'released');
  const log = new LogReader(control);
  const shut = await log.row(({ kind, body }) => kind === 'kept' && body.door === 'front' && body.on === false, 0);
  t.match(shut.body, { rule: /^denial:/ });
  t.strictSame(lines.seen('front-strike'), []);
});
