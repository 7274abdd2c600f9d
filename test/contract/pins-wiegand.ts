import type { Test } from 'tap';
import { type Cleaner, GATE, hexOf, RawClient, SIDE, type StartPins } from './pins-process.ts';

/** 170/31527 in H10301, the example of every book. */
const CARD = '11010101001111011001001110';

/** What the next event says, without its time. */
async function told(client: RawClient): Promise<string> {
  return `${await client.event()}`.replace(/ [0-9]{6,19}\b(?= )/, '');
}

function random(seed: number, bits: number): string {
  let text = '';
  for (let at = 0, state = seed; at < bits; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    text += (state >> 16) & 1;
  }
  return text;
}

/** Wiegand readers by the rules of PROTOCOL.md, on the program and the lines that `begin` starts. */
export function pinsWiegandContract(t: Test, begin: (t: Cleaner) => StartPins): void {
  t.test('frames of every length there is', async (t) => {
    const pins = await begin(t)({ readers: [GATE] });
    const client = new RawClient(pins.socketPath);
    await client.ask('watch');
    const before = process.hrtime.bigint();
    await pins.drive.frame('gate', CARD);
    const first = (await client.event()) ?? '';
    t.match(first, /^event wiegand gate \d+ 26 354f64e$/);
    const ns = BigInt(first.split(' ')[3] ?? '0');
    t.ok(ns > before && ns <= process.hrtime.bigint(), 'the time of its last edge');
    for (const bits of [4, 8, 5, 34, 36, 37, 56, 64, 127, 128]) {
      const text = random(bits, bits);
      await pins.drive.frame('gate', text);
      t.equal(await told(client), `event wiegand gate ${bits} ${hexOf(text)}`);
    }
    for (const same of ['0000', '1111', '0'.repeat(26), '1'.repeat(37)]) {
      await pins.drive.frame('gate', same);
      t.equal(await told(client), `event wiegand gate ${same.length} ${hexOf(same)}`, 'all bits on one line');
    }
  });

  t.test('what is no frame', async (t) => {
    const pins = await begin(t)({ readers: [GATE] });
    const client = new RawClient(pins.socketPath);
    await client.ask('watch');
    for (const stray of ['0', '11', '010']) {
      await pins.drive.frame('gate', stray);
      t.match(await client.event(), /^event fault gate \d+ too_short$/);
    }
    await pins.drive.frame('gate', random(1, 129));
    t.match(await client.event(), /^event fault gate \d+ over_long$/);
    await pins.drive.frame('gate', random(2, 200));
    t.match(await client.event(), /^event fault gate \d+ over_long$/, 'once, however long');
    await pins.drive.frame('gate', CARD);
    t.equal(await told(client), 'event wiegand gate 26 354f64e', 'after the gap all is well again');
  });

  t.test('a process that stood still while two frames came tells the two', async (t) => {
    const pins = await begin(t)({ readers: [GATE] });
    const client = new RawClient(pins.socketPath);
    await client.ask('watch');
    pins.child.kill('SIGSTOP');
    // On real lines this is the gap itself, and nothing else can make one. Lines in memory answer only later.
    const gap = () => new Promise((resolve) => setTimeout(resolve, 80));
    const first = pins.drive.frame('gate', CARD);
    await Promise.race([first, gap()]);
    await gap();
    const second = pins.drive.frame('gate', '01011');
    await Promise.race([second, gap()]);
    await gap();
    pins.child.kill('SIGCONT');
    await Promise.all([first, second]);
    t.equal(await told(client), 'event wiegand gate 26 354f64e');
    t.equal(await told(client), 'event wiegand gate 5 0b');
  });

  t.test('two readers do not mix', async (t) => {
    const pins = await begin(t)({ readers: [GATE, SIDE] });
    const client = new RawClient(pins.socketPath);
    await client.ask('watch');
    for (let round = 0; round < 4; round += 1) {
      const [one, two] = [random(round, 26), random(round + 50, 34)];
      await Promise.all([pins.drive.frame('gate', one), pins.drive.frame('side', two)]);
      const both = [await told(client), await told(client)].sort();
      t.same(both, [`event wiegand gate 26 ${hexOf(one)}`, `event wiegand side 34 ${hexOf(two)}`]);
    }
  });
}
