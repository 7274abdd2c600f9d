import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import {
  allRecords,
  BRIEF,
  type Cleaner,
  DOOR,
  LATHE,
  levels,
  makeFolder,
  RawClient,
  type StartPins,
  untimed,
} from './pins-process.ts';

const MS = 1_000_000n;

/** The pins process itself: its start, its end, its socket, and lines that refuse. */
export function pinsLifeContract(t: Test, begin: (t: Cleaner) => StartPins): void {
  t.test('outputs are at their safe level before anyone connects', async (t) => {
    const pins = await begin(t)();
    t.match(pins.trace(), [
      { output: 'door', level: 'low' },
      { output: 'lathe', level: 'high' },
    ]);
    t.equal(pins.trace().length, 2, 'and were at no other level before');
    t.equal(statSync(pins.socketPath).mode & 0o777, 0o660);
    const client = new RawClient(pins.socketPath);
    t.same(await client.askAll('list'), [
      'output door off low low 60000',
      'output lathe off high high 60000',
      'ok list 2',
    ]);
  });

  t.test('hello tells the epoch and the shared clock', async (t) => {
    const start = begin(t);
    const [one, two] = [await start(), await start()];
    const before = process.hrtime.bigint();
    const words = (await new RawClient(one.socketPath).ask('hello 2')).split(' ');
    const after = process.hrtime.bigint();
    t.match(words.slice(0, 3), ['ok', 'hello', '2']);
    t.match(words[3], /^[0-9a-f]{16}$/);
    const now = BigInt(words[4] ?? '');
    t.ok(before <= now && now <= after, 'NOW_NS is the clock of process.hrtime');
    t.not(words[3], (await new RawClient(two.socketPath).ask('hello 2')).split(' ')[3], 'each start has its epoch');
  });

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    t.test(`${signal} drives every output safe`, async (t) => {
      const pins = await begin(t)();
      const client = new RawClient(pins.socketPath);
      await client.ask('watch');
      await client.ask('hold lathe h');
      await client.ask('pulse door 50000 p');
      t.match(await pins.stop(signal), { code: 0, stderr: '' });
      t.same((await client.eventsUntil(/ off lathe/)).map(untimed).slice(-2), [
        'event off door p 2 stopped',
        'event off lathe h 1 stopped',
      ]);
      await client.closed;
      t.same(levels(pins.trace(), 'door'), ['low', 'high', 'low']);
      t.same(levels(pins.trace(), 'lathe'), ['high', 'low', 'high']);
      t.notOk(existsSync(pins.socketPath), 'the socket is gone');
    });
  }

  t.test('a dead socket is replaced, a live one and anything else is not', async (t) => {
    const start = begin(t);
    const pins = await start();
    const client = new RawClient(pins.socketPath);
    await client.ask('hold door h');
    await t.rejects(start({ socketPath: pins.socketPath }), { code: 3, stderr: /^blockmesh-pins: socket_in_use: / });
    t.match((await client.askAll('list'))[0], /^output door on /, 'the live one is unharmed');
    await pins.stop('SIGKILL');
    t.ok(existsSync(pins.socketPath), 'the dead one leaves its socket');
    const again = await start({ socketPath: pins.socketPath });
    t.match((await new RawClient(again.socketPath).askAll('list'))[0], /^output door off low/);
    const file = join(makeFolder(t), 'file');
    writeFileSync(file, 'precious');
    await t.rejects(start({ socketPath: file }), { code: 3, stderr: /^blockmesh-pins: socket_blocked: / });
    t.equal(statSync(file).size, 8);
  });
}

/** Lines that refuse, where the program can be told to let them. */
export function pinsRefusingContract(t: Test, begin: (t: Cleaner) => StartPins): void {
  t.test('a line that refuses', async (t) => {
    const start = begin(t);
    const pins = await start({ outputs: [DOOR, LATHE, BRIEF], faults: ['door,on,1', 'lathe,off,3', 'brief,off,1'] });
    const client = new RawClient(pins.socketPath);
    await client.ask('watch');
    t.match(await client.ask('pulse door 20 p'), /^error line_failed /);
    t.match(await client.ask('pulse door 20 p'), /^ok pulse p 1 /, 'nothing was recorded, the id is free');
    await client.eventsUntil(/ off door/);

    await client.ask('pulse lathe 20 q');
    t.match((await client.eventsUntil(/ off lathe/)).at(-1), /timer$/);
    const stubborn = (await allRecords(client))[1];
    t.ok(stubborn !== undefined && stubborn.offNs - stubborn.onNs >= 50n * MS, 'open until the fourth try worked');

    // Asked at once, so that neither its longest time nor the next try comes between two of them.
    client.send('hold brief h\nrelease brief\npulse brief 1 r\nrelease brief\n');
    t.match(await client.reply(), /^ok hold h 3 /);
    t.match(await client.reply(), /^error line_failed /);
    t.match(await client.reply(), /^error line_failed /, 'nothing is begun on a line that does not obey');
    t.match(await client.reply(), /^error line_failed /);
    t.match((await client.eventsUntil(/ off brief/)).at(-1), / h 3 \d+ released$/, 'it is tried again by itself');
    t.match(await client.ask('pulse brief 1 r'), /^ok pulse r 4 /);

    const stuck = await start({ faults: ['door,off,9999'] });
    await new RawClient(stuck.socketPath).ask('pulse door 1 p');
    t.match(await stuck.exit, { code: 1, stderr: /^blockmesh-pins: line_failed: output door / });
  });
}
