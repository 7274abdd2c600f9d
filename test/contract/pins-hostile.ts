import type { Test } from 'tap';
import { PINS_STALL_MS_MAX } from '../../src/base/limits.ts';
import { type Cleaner, DOOR, LATHE, RawClient, type StartPins } from './pins-process.ts';

/** Clients that are clumsy, flooding or hostile: what they get, and that nobody else suffers. */

/** The same numbers for the same seed, on every machine (mulberry32). */
export function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** A line of plausible words in a random order; it never pulses so briefly that time would matter. */
export function randomLine(random: (below: number) => number): string {
  const words = [
    'pulse',
    'hold',
    'release',
    'records',
    'list',
    'hello',
    'watch',
    'event',
    'constructor',
    'inputs',
    'reload',
    '',
  ];
  const more = ['door', 'lathe', 'window', '50000', '60001', '0', '-1', '1e3', '1', 'a', 'b', 'c', '', 'x'.repeat(33)];
  const pick = (from: readonly string[]) => from[random(from.length)] ?? '';
  const shapes = [
    () => `pulse ${pick(['door', 'lathe'])} 50000 ${pick(['a', 'b', 'c', 'd'])}`,
    () => `hold ${pick(['door', 'lathe'])} ${pick(['a', 'b', 'c', 'd'])}`,
    () => `release ${pick(more)}`,
    () => `records ${pick(more)}`,
    () => [pick(words), pick(more), pick(more), pick(more)].slice(0, 1 + random(4)).join(' '),
  ];
  return (shapes[random(shapes.length)] ?? (() => ''))();
}

export function pinsHostileContract(t: Test, begin: (t: Cleaner) => StartPins): void {
  const GOOD = /^ok hello 2 [0-9a-f]{16} [0-9]+$/;

  t.test('every error that leaves the connection', async (t) => {
    const pins = await begin(t)();
    const client = new RawClient(pins.socketPath);
    const name33 = 'n'.repeat(33);
    const cases: [string, string][] = [
      ['', 'bad_request'],
      [' ', 'bad_request'],
      [' list', 'bad_request'],
      ['list ', 'bad_request'],
      ['list\r', 'bad_request'],
      ['li\0st', 'bad_request'],
      ['list\xe9', 'bad_request'],
      ['list all', 'bad_request'],
      ['hello', 'bad_request'],
      ['watch watch', 'bad_request'],
      ['inputs all', 'bad_request'],
      ['reload now', 'bad_request'],
      ['reload', 'bad_options'],
      ['release', 'bad_request'],
      ['release do.or', 'bad_request'],
      ['release door now', 'bad_request'],
      ['pulse door 100', 'bad_request'],
      ['pulse door  100 a', 'bad_request'],
      ['pulse door 100 a b', 'bad_request'],
      ['pulse door 0 a', 'bad_request'],
      ['pulse door -1 a', 'bad_request'],
      ['pulse door +1 a', 'bad_request'],
      ['pulse door 1.5 a', 'bad_request'],
      ['pulse door 0x10 a', 'bad_request'],
      ['pulse door 1000000000000000 a', 'bad_request'],
      ['pulse door 100 a/b', 'bad_request'],
      [`pulse door 100 ${name33}`, 'bad_request'],
      [`pulse ${name33} 100 a`, 'bad_request'],
      ['hold door', 'bad_request'],
      ['hold door a:b', 'bad_request'],
      ['records', 'bad_request'],
      ['records -1', 'bad_request'],
      ['records x', 'bad_request'],
      ['PULSE door 100 a', 'unknown_command'],
      ['constructor', 'unknown_command'],
      ['event on door a 1 2', 'bad_request'],
      ['hello 1', 'unknown_version'],
      ['hello 01', 'unknown_version'],
      ['pulse window 100 a', 'unknown_output'],
      ['pulse Door 100 a', 'unknown_output'],
      ['hold window a', 'unknown_output'],
      ['release window', 'unknown_output'],
      ['pulse door 60001 a', 'too_long'],
      ['pulse door 999999999999999 a', 'too_long'],
    ];
    for (const [line, code] of cases) {
      t.match(await client.ask(line), new RegExp(`^error ${code} [ -~]+$`), JSON.stringify(line));
      t.match(await client.ask('hello 2'), GOOD);
    }
    t.match(await client.ask(`pulse door 60000 ${'n'.repeat(32)}`), /^ok pulse n{32} 1 /, 'the longest of everything');
    t.match(await client.ask('pulse lathe 000000000000100 zeros'), /^ok /, 'a number of 15 digits');
    t.equal((await client.askAll('records 0')).at(-1), 'ok records 2', 'no refused request left a record');
  });

  t.test('lines of 255, 256 and 257 bytes', async (t) => {
    const pins = await begin(t)();
    const client = new RawClient(pins.socketPath);
    t.match(await client.ask('x'.repeat(254)), /^error unknown_command /);
    t.match(await client.ask('x'.repeat(255)), /^error unknown_command /);
    const bystander = new RawClient(pins.socketPath);
    t.match(await client.ask('x'.repeat(256)), /^error line_too_long /);
    t.equal(await client.reply(), undefined, 'and the connection ends');
    await client.closed;
    const endless = new RawClient(pins.socketPath);
    endless.send('x'.repeat(256));
    t.match(await endless.reply(), /^error line_too_long /, 'without waiting for an end that may never come');
    await endless.closed;
    const flood = new RawClient(pins.socketPath);
    flood.send(`list\n${'y'.repeat(1_000_000)}\npulse door 100 after\n`);
    while ((await flood.reply()) !== undefined);
    t.equal((await bystander.askAll('records 0')).at(-1), 'ok records 0', 'nothing behind the long line was done');
  });

  t.test('a hold of a client that is dropped for babbling ends', async (t) => {
    const pins = await begin(t)();
    const [babbler, bystander] = [new RawClient(pins.socketPath), new RawClient(pins.socketPath)];
    await bystander.ask('watch');
    t.match(await babbler.ask('hold door h'), /^ok /);
    for (let i = 1; i < 16; i += 1) t.match(await babbler.ask('nonsense'), /^error unknown_command /);
    t.match(await babbler.ask('hello 2'), GOOD, 'a good request begins the count anew');
    for (let i = 1; i < 16; i += 1) t.match(await babbler.ask('nonsense'), /^error unknown_command /);
    babbler.send('nonsense\npulse door 100 behind\n');
    t.match(await babbler.reply(), /^error too_many_errors /);
    t.equal(await babbler.reply(), undefined);
    t.match((await bystander.eventsUntil(/ off /)).at(-1), /^event off door h 1 \d+ orphaned$/);
    t.equal((await bystander.askAll('records 0')).at(-1), 'ok records 1', 'nothing behind the last error was done');
  });

  t.test('requests split at every byte', async (t) => {
    const pins = await begin(t)();
    const [client, other] = [new RawClient(pins.socketPath), new RawClient(pins.socketPath)];
    const text = 'hello 2\npulse door 60000 split\nrelease door\n';
    for (let at = 1; at < text.length; at += 1) {
      client.send(text.slice(0, at));
      await other.ask('hello 2');
      client.send(text.slice(at));
      t.match(await client.reply(), GOOD);
      t.match(await client.reply(), /^ok pulse split 1 \d+$/);
      t.match(await client.reply(), 'ok release door', `split at ${at}`);
    }
    for (const byte of text) {
      client.send(byte);
      await other.ask('hello 2');
    }
    t.match([await client.reply(), await client.reply(), await client.reply()], [GOOD, /^ok pulse /, /^ok release /]);
  });

  t.test('many requests at once are answered in order', async (t) => {
    const pins = await begin(t)();
    const client = new RawClient(pins.socketPath);
    for (let i = 0; i < 64; i += 1) await client.ask(`pulse door 50000 r${i}`);
    let text = '';
    for (let i = 0; i < 300; i += 1) text += `pulse lathe 50000 p${i}\nlist\nrecords 0\nrelease window\n`;
    client.send(text);
    let inOrder = true;
    for (let i = 0; i < 300; i += 1) {
      const pulse = (await client.reply()) ?? '';
      const list = [await client.reply(), await client.reply(), await client.reply()];
      for (let line = 0; line < 64; line += 1)
        inOrder &&= ((await client.reply()) ?? '').startsWith(`record ${line + 1} `);
      const last = [await client.reply(), await client.reply()];
      inOrder &&= pulse.startsWith(`ok pulse p${i} ${65 + i} `) && list[2] === 'ok list 2';
      inOrder &&= last[0] === 'ok records 64' && (last[1] ?? '').startsWith('error unknown_output ');
    }
    t.ok(inOrder, '1,200 requests, 1.5 MB of replies');
  });

  t.test('a half-closed client is answered what it asked', async (t) => {
    const pins = await begin(t)();
    const client = new RawClient(pins.socketPath);
    client.socket.end('pulse door 100 a\nlist\nlis');
    t.match(
      [await client.reply(), await client.reply(), await client.reply(), await client.reply(), await client.reply()],
      [/^ok pulse a 1 /, /^output door on /, /^output lathe off /, 'ok list 2', undefined],
    );
    const hasty = new RawClient(pins.socketPath);
    for (let i = 0; i < 64; i += 1) await hasty.ask(`pulse door 50000 r${i}`);
    await hasty.close();
    // One of these leaves replies that the kernel's buffer does not take, in the process, when the end is read.
    const readLate = async (pages: number) => {
      const since = performance.now();
      const late = new RawClient(pins.socketPath);
      late.socket.pause();
      late.socket.end('records 0\n'.repeat(pages));
      const other = new RawClient(pins.socketPath);
      for (let turns = 0; turns < pages; turns += 1) await other.ask('hello 2');
      late.socket.resume();
      let count = 0;
      while ((await late.reply()) !== undefined) count += 1;
      await other.close();
      return { count, isInTime: performance.now() - since < PINS_STALL_MS_MAX };
    };
    let isComplete = true;
    for (let pages = 10; pages < 70; pages += 1) {
      let read = await readLate(pages);
      // Whoever reads nothing for a second may be dropped: where this machine stood still so long, nothing was shown.
      for (let more = 0; !read.isInTime && more < 10; more += 1) read = await readLate(pages);
      isComplete &&= read.count === pages * 65;
    }
    t.ok(isComplete, 'also when it reads late');
  });

  t.test('a client that does not read is dropped, others are not', async (t) => {
    const pins = await begin(t)();
    for (const babble of ['watch\n', 'records 0\n'.repeat(5_000)]) {
      const [sloth, active] = [new RawClient(pins.socketPath), new RawClient(pins.socketPath)];
      await active.ask('watch');
      for (let i = 0; i < 64; i += 1) await active.ask(`pulse door 50000 ${babble.length}-${i}`);
      sloth.socket.pause();
      sloth.send(`hold lathe sloth${babble.length}\n${babble}`);
      await active.eventsUntil(/ on lathe /);
      let isDropped = false;
      const dropped = active.eventsUntil(/ off lathe sloth\d+ \d+ \d+ orphaned$/).then(() => {
        isDropped = true;
      });
      let count = 0;
      for (; !isDropped && count < 200_000; count += 1) {
        const reply = await active.ask(`pulse door 50000 ${babble.length}_${count}`);
        if (!reply.startsWith('ok pulse ')) t.fail(reply);
      }
      await dropped;
      t.match(await active.ask('hello 2'), GOOD, `the other did ${count} pulses meanwhile`);
      await sloth.close();
      await active.close();
    }
  });

  t.test('too many clients', async (t) => {
    const pins = await begin(t)();
    const clients = Array.from({ length: 8 }, () => new RawClient(pins.socketPath));
    for (const client of clients) t.match(await client.ask('hello 2'), GOOD);
    const ninth = new RawClient(pins.socketPath);
    // Whoever asks before reading may ask a socket that is closed by then, and hear nothing; a crowd does so below.
    t.match(await ninth.reply(), /^error too_many_clients /);
    ninth.send('pulse door 100 ninth\n');
    await ninth.closed;
    const crowd = Array.from({ length: 64 }, () => new RawClient(pins.socketPath));
    for (const one of crowd) one.send('pulse door 100 crowd\n');
    for (const one of crowd) t.match((await one.reply()) ?? 'closed', /^closed$|^error too_many_clients /);
    for (const one of crowd) await one.closed;
    for (const client of clients) t.match(await client.ask('hello 2'), GOOD, 'those inside are unharmed');
    t.equal((await clients[0]?.askAll('records 0'))?.at(-1), 'ok records 0', 'a refused client does nothing');
    await clients[0]?.close();
    let reply = '';
    for (let tries = 0; tries < 1_000 && !reply.startsWith('ok'); tries += 1) {
      reply = await new RawClient(pins.socketPath).ask('hello 2');
    }
    t.match(reply, GOOD, 'a place becomes free again');
  });

  t.test('garbage', async (t) => {
    const pins = await begin(t)({ outputs: [DOOR, LATHE] });
    const random = seeded(20_240_611);
    const bystander = new RawClient(pins.socketPath);
    for (let round = 0; round < 60; round += 1) {
      const client = new RawClient(pins.socketPath);
      for (let part = 0; part < 20; part += 1) {
        const bytes = Uint8Array.from({ length: random(600) }, () => random(256));
        for (let i = 0; i < bytes.length; i += 1) if (random(20) === 0) bytes[i] = 10;
        client.send(bytes);
        client.send(`${randomLine(random)}\n`);
      }
      await client.reply();
      await client.close();
      const reply = await bystander.ask('hello 2');
      if (!GOOD.test(reply)) t.fail(`round ${round}: ${reply}`);
    }
    t.match(await bystander.askAll('list'), [/^output door /, /^output lathe /, 'ok list 2']);
    t.match(await pins.stop(), { code: 0, stderr: '' });
  });
}
