import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execaNode } from 'execa';
import type { Test } from 'tap';
import {
  allRecords,
  BRIEF,
  type Cleaner,
  levels,
  RawClient,
  readRecord,
  type StartPins,
  untimed,
  WAITED_MS,
} from './pins-process.ts';

const MS = 1_000_000n;
const PULSING_CLIENT = join(import.meta.dirname, '../fixtures/pins-client.ts');

/** What a pulse or hold was answered with. */
function granted(reply: string): { seq: number; onNs: bigint } {
  const [, , , seq = '', onNs = ''] = reply.split(' ');
  return { seq: Number(seq), onNs: BigInt(onNs) };
}

/** Pulses, holds and records by the rules of src/devices/pins/PROTOCOL.md, on the program and the lines that `begin` starts. */
export function pinsContract(t: Test, begin: (t: Cleaner) => StartPins): void {
  t.test('a pulse ends by itself, not before its time', async (t) => {
    const pins = await begin(t)();
    const client = new RawClient(pins.socketPath);
    t.equal(await client.ask('watch'), 'ok watch');
    const { seq, onNs } = granted(await client.ask('pulse lathe 40 p-1_X'));
    t.equal(seq, 1);
    t.equal(await client.event(), `event on lathe p-1_X 1 ${onNs}`);
    const off = (await client.event()) ?? '';
    t.equal(untimed(off), 'event off lathe p-1_X 1 timer');
    const [line, last] = await client.askAll('records 0');
    const record = readRecord(line);
    t.match(record, { seq: 1, id: 'p-1_X', output: 'lathe', kind: 'pulse', onNs, end: 'timer', owner: 'present' });
    t.equal(last, 'ok records 1');
    t.ok(off.includes(` ${record.offNs} `), 'the event and the record agree');
    t.ok(record.offNs - record.onNs >= 40n * MS);
    const [, , on, end] = pins.trace();
    t.same(levels(pins.trace(), 'lathe'), ['high', 'low', 'high'], 'active low');
    t.same(levels(pins.trace(), 'door'), ['low'], 'the other output was left alone');
    t.ok(on !== undefined && end !== undefined && end.ns - on.ns >= 40n * MS, 'the level itself lasted that long');
    t.ok(on !== undefined && on.ns <= record.onNs, 'ON_NS is read after the line was set');
    t.same(await client.askAll('list'), [
      'output door off low low 60000',
      'output lathe off high high 60000',
      'ok list 2',
    ]);
  });

  t.test('list and records show what is on', async (t) => {
    const pins = await begin(t)();
    const client = new RawClient(pins.socketPath);
    await client.ask('pulse lathe 50000 p');
    await client.ask('hold door h');
    t.same((await client.askAll('list')).slice(0, 2), [
      'output door on high low 60000',
      'output lathe on low high 60000',
    ]);
    t.match(await client.askAll('records 0'), [
      /^record 1 p lathe pulse \d+ - - present$/,
      /^record 2 h door hold \d+ - - present$/,
      'ok records 2',
    ]);
    t.match(await client.askAll('records 1'), [/^record 2 /, 'ok records 1']);
    t.same(await client.askAll('records 2'), ['ok records 0']);
    t.same(await client.askAll('records 999999999999999'), ['ok records 0']);
  });

  t.test('kill -9 of the client: its pulse runs to its end, its hold ends', async (t) => {
    const pins = await begin(t)();
    const observer = new RawClient(pins.socketPath);
    await observer.ask('watch');
    const client = execaNode(PULSING_CLIENT, [pins.socketPath, `${WAITED_MS}`], {
      nodePath: process.execPath,
      buffer: false,
      reject: false,
    });
    await once(createInterface({ input: client.stdout }), 'line');
    client.kill('SIGKILL');
    const events = (await observer.eventsUntil(/^event off door/)).map(untimed);
    t.same(events, [
      'event on lathe its-hold 1',
      'event on door its-pulse 2',
      'event off lathe its-hold 1 orphaned',
      'event off door its-pulse 2 timer',
    ]);
    const [hold, pulse] = await allRecords(observer);
    t.match(hold, { id: 'its-hold', end: 'orphaned', owner: 'lost' });
    t.match(pulse, { id: 'its-pulse', end: 'timer', owner: 'lost' });
    t.ok(pulse !== undefined && pulse.offNs - pulse.onNs >= BigInt(WAITED_MS) * MS);
    t.same(levels(pins.trace(), 'door'), ['low', 'high', 'low']);
    await client;
  });

  t.test('a second pulse extends the first without a gap, to the later end', async (t) => {
    const pins = await begin(t)();
    const client = new RawClient(pins.socketPath);
    client.send('watch\npulse door 200 long\npulse door 20 short\npulse lathe 20 low\npulse lathe 200 high\n');
    await client.reply();
    const long = granted((await client.reply()) ?? '');
    for (let i = 0; i < 3; i += 1) await client.reply();
    const events = [...(await client.eventsUntil(/timer$/)), ...(await client.eventsUntil(/timer$/))].map(untimed);
    t.same(
      events.filter((event) => event.includes('door')),
      [
        'event on door long 1',
        'event on door short 2',
        'event off door long 1 superseded',
        'event off door short 2 timer',
      ],
    );
    const [first, second, , fourth] = await allRecords(client);
    t.equal(first?.offNs, second?.onNs, 'the first ends when the second begins');
    t.ok(second !== undefined && second.offNs - long.onNs >= 200n * MS, 'a shorter pulse does not cut a longer one');
    t.ok(fourth !== undefined && fourth.offNs - fourth.onNs >= 200n * MS, 'a longer one prolongs');
    t.same(levels(pins.trace(), 'door'), ['low', 'high', 'low'], 'the level did not break');
    t.same(levels(pins.trace(), 'lathe'), ['high', 'low', 'high']);
  });

  t.test('the longest time holds across overlapping pulses and holds', async (t) => {
    const pins = await begin(t)({ outputs: [BRIEF] });
    const client = new RawClient(pins.socketPath);
    await client.ask('watch');
    t.match(await client.ask('pulse brief 81 over'), /^error too_long /);
    await client.ask('pulse brief 80 exact');
    t.match((await client.eventsUntil(/ off /)).at(-1), /exact 1 \d+ timer$/, 'a pulse of just that time is a pulse');

    client.send('pulse brief 80 a\nhold brief h\npulse brief 80 b\n');
    for (let i = 0; i < 3; i += 1) await client.reply();
    const events = (await client.eventsUntil(/ off brief h /)).map(untimed);
    t.same(events.slice(-3), [
      'event off brief a 2 superseded',
      'event off brief b 4 longest',
      'event off brief h 3 longest',
    ]);
    const [, a, h, b] = await allRecords(client);
    t.ok(a !== undefined && b !== undefined && b.offNs - a.onNs >= 80n * MS, 'not before the longest time is over');
    t.equal(b?.offNs, h?.offNs);
    t.match(await client.ask('hold brief again'), /^ok hold again 5 /, 'afterwards it can be turned on again');
    t.match((await client.eventsUntil(/ off /)).at(-1), /again 5 \d+ longest$/, 'a hold alone ends too');
    const [, on, off] = pins.trace();
    t.ok(on !== undefined && off !== undefined && off.ns - on.ns >= 80n * MS);
    t.same(levels(pins.trace(), 'brief'), ['low', 'high', 'low', 'high', 'low', 'high', 'low']);
  });

  t.test('a pulse and a hold keep an output on together', async (t) => {
    const pins = await begin(t)();
    const [owner, other] = [new RawClient(pins.socketPath), new RawClient(pins.socketPath)];
    await other.ask('watch');
    await owner.ask('hold door h');
    await other.ask('pulse door 20 p');
    t.match((await other.eventsUntil(/ off /)).at(-1), / p 2 \d+ timer$/);
    t.match((await other.askAll('list'))[0], /^output door on high/, 'the hold goes on');
    await other.ask(`pulse door ${WAITED_MS} q`);
    await owner.close();
    t.match((await other.eventsUntil(/ off /)).at(-1), / h 1 \d+ orphaned$/, 'and ends with its owner');
    t.match((await other.eventsUntil(/ off /)).at(-1), / q 3 \d+ timer$/, 'while the pulse runs to its end');
    const pulse = (await allRecords(other))[2];
    t.ok(pulse !== undefined && pulse.offNs - pulse.onNs >= BigInt(WAITED_MS) * MS);
    t.same(levels(pins.trace(), 'door'), ['low', 'high', 'low']);
  });

  t.test('a hold passes to whoever holds last', async (t) => {
    const pins = await begin(t)();
    const [first, second] = [new RawClient(pins.socketPath), new RawClient(pins.socketPath)];
    const observer = new RawClient(pins.socketPath);
    await observer.ask('watch');
    await first.ask('hold door one');
    await second.ask('hold door two');
    t.same((await observer.eventsUntil(/ off /)).map(untimed), [
      'event on door one 1',
      'event on door two 2',
      'event off door one 1 superseded',
    ]);
    await first.close();
    await observer.ask('pulse lathe 1 after-the-close');
    await observer.eventsUntil(/ off lathe/);
    t.match((await observer.askAll('list'))[0], /^output door on /, 'the first owner no longer matters');
    second.socket.end();
    t.match((await observer.eventsUntil(/ off door/)).at(-1), /two 2 \d+ orphaned$/, 'a half-close ends it as well');
  });

  t.test('release is for everyone', async (t) => {
    const pins = await begin(t)();
    const [owner, other] = [new RawClient(pins.socketPath), new RawClient(pins.socketPath)];
    t.equal(await other.ask('release door'), 'ok release door', 'also when the output is off');
    await owner.ask('watch');
    await owner.ask('pulse door 50000 p');
    await owner.ask('hold door h');
    t.equal(await other.ask('release door'), 'ok release door');
    t.same((await owner.eventsUntil(/ off door h/)).map(untimed).slice(-2), [
      'event off door p 1 released',
      'event off door h 2 released',
    ]);
    t.same(levels(pins.trace(), 'door'), ['low', 'high', 'low']);
    t.match(await allRecords(other), [{ owner: 'present' }, { owner: 'present' }]);
    t.match(await owner.ask('pulse door 1 next'), /^ok pulse next 3 /);
  });

  t.test('a remembered id is answered, not pulsed again', async (t) => {
    const pins = await begin(t)();
    const [client, other] = [new RawClient(pins.socketPath), new RawClient(pins.socketPath)];
    await client.ask('watch');
    const pulse = await client.ask('pulse door 30 once');
    t.equal(await other.ask('pulse door 30 once'), pulse, 'while it is on');
    await client.eventsUntil(/ off /);
    t.equal(await other.ask('pulse door 30 once'), pulse, 'and afterwards');
    t.match(await client.ask('pulse door 31 once'), /^error id_reused /);
    t.match(await client.ask('pulse lathe 30 once'), /^error id_reused /);
    t.match(await client.ask('hold door once'), /^error id_reused /);
    const hold = await client.ask('hold lathe mine');
    t.equal(await other.ask('hold lathe mine'), hold);
    await other.close();
    t.match((await client.askAll('list'))[1], /^output lathe on /, 'asking again does not make an owner');
    t.equal((await allRecords(client)).length, 2);
    t.same(levels(pins.trace(), 'door'), ['low', 'high', 'low']);
  });

  t.test('the ring forgets the oldest records, never an open one', async (t) => {
    const pins = await begin(t)();
    const client = new RawClient(pins.socketPath);
    const hold = await client.ask('hold lathe kept');
    const first = await client.ask('pulse door 1000 n0');
    for (let i = 1; i < 1030; i += 1) client.send(`pulse door 1000 n${i}\n`);
    for (let i = 1; i < 1030; i += 1) await client.reply();
    const records = await allRecords(client);
    t.equal(records.length, 1024);
    t.same([records[0]?.seq, records.at(-1)?.seq], [8, 1031]);
    t.equal(await client.ask('hold lathe kept'), hold, 'an open record is known beyond the ring');
    t.match(await client.ask('pulse door 1000 n6'), /^ok pulse n6 8 /, 'the oldest remembered one');
    t.match(await client.ask('pulse door 1000 n0'), /^ok pulse n0 1032 /, 'a forgotten id is a new request');
    t.match(first, /^ok pulse n0 2 /);
    t.equal(await client.ask('release lathe'), 'ok release lathe');
    const seqs = (await allRecords(client)).map(({ seq }) => seq);
    t.same(
      seqs,
      Array.from({ length: 1024 }, (_, i) => i + 9),
      'the end of a forgotten record takes no place in the ring',
    );
  });
}
