import type { Test } from 'tap';
import { PINS_EDGE_WINDOW_MS, PINS_QUIET_MS } from '../../src/base/limits.ts';
import {
  allRecords,
  type Cleaner,
  DOOR,
  EXIT,
  GATE,
  LATHE,
  levels,
  type MemoryPins,
  RawClient,
  type StartOptions,
  untimed,
  WAITED_MS,
} from './pins-process.ts';

type StartMemoryPins = (options?: StartOptions) => Promise<MemoryPins>;

const MS = 1_000_000n;

interface Babble {
  /** The lines that were written. */
  readonly count: number;
  /** How often the machine stood still so long that a line that babbles was quiet meanwhile. */
  readonly rests: number;
}

/** A driver that never rests, on a connection of its own, until `stop`. */
function babble(pins: MemoryPins, lines: readonly string[]): { stop(): Promise<Babble> } {
  const driver = new RawClient(pins.drivePath);
  const text = `${lines.join('\n')}\n`.repeat(20);
  let isStopped = false;
  let [count, rests] = [0, 0];
  const done = (async () => {
    let since = performance.now();
    while (!isStopped) {
      driver.send(text);
      for (let at = 0; at < 20 * lines.length; at += 1) await driver.reply();
      count += 20 * lines.length;
      // Half of it: the process may have been quiet for the other half before or after.
      const now = performance.now();
      if (now - since >= PINS_QUIET_MS / 2) rests += 1;
      since = now;
    }
    await driver.close();
    return { count, rests };
  })();
  return {
    stop: () => {
      isStopped = true;
      return done;
    },
  };
}

/** Events until everything of these names babbles. */
async function eventsUntilAllBabble(watcher: RawClient, names: readonly string[]): Promise<string[]> {
  const events: string[] = [];
  while (!names.every((name) => events.some((event) => babbles(event, name)))) {
    events.push(...(await watcher.eventsUntil(/ babbling$/)));
  }
  return events;
}

function babbles(event: string, name: string): boolean {
  return event.startsWith(`event fault ${name} `) && event.endsWith(' babbling');
}

/**
 * Events until the process has looked at every edge that waits, and at what was not told yet: after the time of two
 * windows, and turns enough for the bites of each, however long it stood still.
 */
async function eventsUntilQuiet(watcher: RawClient, client: RawClient, id: string): Promise<string[]> {
  const events: string[] = [];
  for (const part of ['a', 'b']) {
    await client.ask(`pulse lathe ${2 * PINS_EDGE_WINDOW_MS} ${id}-${part}`);
    events.push(...(await watcher.eventsUntil(new RegExp(` off lathe ${id}-${part} `))));
    for (let turns = 0; turns < 8; turns += 1) await client.ask('hello 2');
  }
  await client.ask(`pulse lathe 1 ${id}`);
  events.push(...(await watcher.eventsUntil(new RegExp(` on lathe ${id} `))));
  return events;
}

/** What only lines in memory can be made to do: refuse, lose edges, babble without end. */
export function pinsMemoryContract(t: Test, begin: (t: Cleaner) => StartMemoryPins): void {
  t.test('a line that is busy: everything new is given back, nothing has changed', async (t) => {
    const [door, lathe] = [`--output ${DOOR}`, `--output ${LATHE}`];
    const pins = await begin(t)({ file: [door], faults: ['exit,claim,1'] });
    const client = new RawClient(pins.socketPath);
    await client.ask('watch');
    await client.ask(`pulse door ${WAITED_MS} p`);
    pins.writeOptions([lathe, `--input ${EXIT}`]);
    t.match(await client.ask('reload'), /^error line_busy exit: /);
    t.same((await client.askAll('list')).length, 2, 'neither the one that could be claimed nor the one that could not');
    t.match((await client.askAll('list'))[0], 'output door on high low 60000');
    t.match((await client.eventsUntil(/ off /)).at(-1), / p 1 \d+ timer$/, 'the pulse ran on');
    t.equal(await client.ask('reload'), 'ok reload 2 1', 'and could be claimed the second time');
    t.same(levels(pins.trace(), 'lathe'), ['high', 'high'], 'safe whenever it was claimed');
  });

  t.test('lines that change hands, and one of them is busy: they are what they were', async (t) => {
    const exchanged = [DOOR.replace('line=DOOR', 'line=EXIT'), EXIT.replace('line=EXIT', 'line=DOOR')];
    const pins = await begin(t)({ file: [`--output ${DOOR}`, `--input ${EXIT}`] });
    const client = new RawClient(pins.socketPath);
    await client.ask('watch');
    await client.ask(`pulse door ${WAITED_MS} p`);
    pins.writeOptions([`--wiegand ${GATE}`, `--output ${exchanged[0]}`, `--input ${exchanged[1]}`]);
    // The claim as an output is the first of the two; the one after it takes the old lines back.
    await pins.drive.line('fault door,claim,1');
    t.match(await client.ask('reload'), /^error line_busy door: /);
    t.same(levels(pins.trace(), 'door'), ['low', 'high', 'low', 'high'], 'off in between, on again');
    t.match((await client.eventsUntil(/ off /)).at(-1), / p 1 \d+ timer$/, 'its pulse ends by its own time');
    const [record] = await allRecords(client);
    t.ok(record !== undefined && record.offNs - record.onNs >= BigInt(WAITED_MS) * MS);
    await pins.drive.level('exit', 'low');
    t.match(await client.event(), /^event input exit active \d+ 1$/, 'the input is heard again');

    await pins.drive.line('fault door,off,1');
    t.match(await client.ask('reload'), /^error line_failed /, 'a line that does not go safe is not given back');
    t.match((await client.askAll('list'))[0], 'output door off low low 60000');
    t.equal(await client.ask('reload'), 'ok reload 3 2', 'and the reader that came with them is free');

    await pins.drive.line('fault door,claim,2');
    pins.writeOptions([`--output ${DOOR}`, `--input ${EXIT}`]);
    t.match(await client.ask('reload'), /^error board_lost /);
    t.match(await pins.exit, { code: 1, stderr: /^blockmesh-pins: board_lost: / });
  });

  t.test('an output that goes is driven safe first, however it resists', async (t) => {
    const pins = await begin(t)({ file: [`--output ${DOOR}`, `--output ${LATHE}`], faults: ['lathe,off,3'] });
    const client = new RawClient(pins.socketPath);
    await client.ask('hold lathe h');
    pins.writeOptions([`--output ${DOOR}`]);
    t.equal(await client.ask('reload'), 'ok reload 0 1');
    t.same(levels(pins.trace(), 'lathe'), ['high', 'low', 'high']);
    t.match((await allRecords(client))[0], { end: 'stopped' });

    await client.ask('hold door stuck');
    await pins.drive.line('fault door,off,9999');
    pins.writeOptions([]);
    client.send('reload\n');
    t.match(await pins.exit, { code: 1, stderr: /^blockmesh-pins: line_failed: output door / });
  });

  t.test('a claim that fails at the start', async (t) => {
    await t.rejects(begin(t)({ inputs: [EXIT], faults: ['exit,claim,1'] }), {
      code: 4,
      stderr: /^blockmesh-pins: line_busy: exit: /,
    });
    await t.rejects(begin(t)({ file: ['--output door'] }), { code: 2, stderr: /line 1: --output door: no pin/ });
  });

  t.test('edges that are lost take their frame with them', async (t) => {
    const pins = await begin(t)({ readers: [GATE] });
    const client = new RawClient(pins.socketPath);
    await client.ask('watch');
    await pins.drive.line('gate.lose 1');
    await pins.drive.frame('gate', '1010101010');
    t.match(await client.event(), /^event fault gate \d+ lost_edges$/);
    await pins.drive.frame('gate', '11001');
    t.match(await client.event(), /^event wiegand gate \d+ 5 19$/, 'the next one is whole');
    // One after the other they could come so late that the gap is over before the second.
    await pins.drive.lines(['gate.d0 pulse', 'gate.d1 pulse 1', 'gate.d0 pulse 2000']);
    t.match(await client.event(), /^event fault gate \d+ glitch$/, 'both lines at once');
    await pins.drive.frame('gate', '0110');
    t.match(await client.event(), /^event wiegand gate \d+ 4 6$/);
  });

  t.test('an input over its rate: the last level is told, though no edge follows', async (t) => {
    const pins = await begin(t)({ inputs: [EXIT] });
    const [client, driver] = [new RawClient(pins.socketPath), new RawClient(pins.drivePath)];
    await client.ask('watch');
    driver.send(`${'exit low\nexit high\n'.repeat(20)}exit low\n`);
    for (let at = 0; at < 41; at += 1) t.equal(await driver.reply(), 'ok');
    const events = await eventsUntilQuiet(client, client, 'all');
    const burst = events.slice(
      0,
      events.findIndex((event) => event.endsWith(' babbling')),
    );
    t.same(
      burst.map(untimed),
      burst.map((_, at) => `event input exit ${at % 2 === 0 ? 'active' : 'inactive'} ${at + 1}`),
    );
    const [beginNs = 0n, endNs = 0n] = [burst[0], burst.at(-1)].map((event) => BigInt(event?.split(' ')[4] ?? '0'));
    // A process that stands still in the middle of its bite may tell what it earned meanwhile.
    const earned = Number((endNs - beginNs) / (50n * MS));
    t.ok(burst.length >= 6 && burst.length <= 6 + earned, `${burst.length} at once, and ${earned} by their time`);
    t.match(events[burst.length], /^event fault exit \d+ babbling$/);
    const last = events.filter((event) => event.startsWith('event input exit ')).at(-1);
    t.match(last, /^event input exit active /);
    // One more than six, and watchers know the last level already.
    if (burst.length % 2 === 0) t.match(last, / 41$/);
  });

  t.test('a reader and an input that babble delay no output and no client', async (t) => {
    const pins = await begin(t)({ inputs: [EXIT], readers: [GATE] });
    const [watcher, client] = [new RawClient(pins.socketPath), new RawClient(pins.socketPath)];
    await watcher.ask('watch');
    const since = process.hrtime.bigint();
    const wires = babble(pins, [
      'gate.d0 pulse 50',
      'gate.wiegand 8 a5 200',
      'gate.d1 pulse',
      'gate.wiegand 26 2000000',
    ]);
    const button = babble(pins, ['exit low', 'exit high']);
    const told = await eventsUntilAllBabble(watcher, ['exit', 'gate']);

    // The two ends are a second apart: one that stands still for less ends them in their order.
    client.send('pulse door 1200 long\npulse lathe 200 short\npulse door 100 inside\n');
    for (let at = 0; at < 3; at += 1) t.match(await client.reply(), /^ok pulse /);
    const replies = (async () => {
      for (let at = 0; at < 100; at += 1) if ((await client.askAll('list')).length !== 3) return at;
      return 100;
    })();
    const events = await watcher.eventsUntil(/ off door inside /);
    const outputs = events.filter((event) => / (door|lathe) /.test(event)).map((event) => event.split(' ')[3]);
    t.same(outputs, ['long', 'short', 'inside', 'long', 'short', 'inside'], 'each end in its turn');
    t.equal(await replies, 100, 'the other client was answered meanwhile');
    for (const { onNs, offNs, id, end } of await allRecords(client)) {
      const ms = { long: 0n, short: 200n, inside: 100n }[id] ?? 0n;
      const least = onNs + ms * MS;
      t.ok(offNs >= least && end === (id === 'long' ? 'superseded' : 'timer'), `${id} ended by its own time`);
    }

    const [ofWires, ofButton] = [await wires.stop(), await button.stop()];
    // Simulated lines drop an edge that meets a full buffer: the last ones come when there is room.
    told.push(...events, ...(await eventsUntilQuiet(watcher, client, 'over')));
    await pins.drive.level('exit', 'high');
    await pins.drive.level('exit', 'low');
    // Whether the last level was told at once is chance: now all that waited has been told.
    told.push(...(await eventsUntilQuiet(watcher, client, 'settled')));
    const lastLevel = told.filter((event) => event.startsWith('event input exit ')).at(-1);
    t.match(lastLevel, /^event input exit active /, 'the last level is the one that was told');
    t.match((await client.askAll('inputs'))[0], /^input exit active /);
    const [edges, rests] = [ofWires.count + ofButton.count, ofWires.rests + ofButton.rests];
    const seconds = Number(process.hrtime.bigint() - since) / 1e9;
    for (const name of ['exit', 'gate']) {
      const ofName = told.filter((event) => event.split(' ')[2] === name);
      t.ok(ofName.length <= 8 + rests + 20 * seconds, `${ofName.length} events of ${name}, after ${edges} edges`);
      const begun = ofName.filter((event) => babbles(event, name)).length;
      t.ok(begun >= 1 && begun <= 1 + rests, `told once, while it lasts: ${begun} with ${rests} rests`);
    }
    t.match(await pins.stop(), { code: 0, stderr: '' });
  });
}
