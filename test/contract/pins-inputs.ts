import type { Test } from 'tap';
import { type Cleaner, CONTACT, EXIT, RawClient, type StartPins, WAITED_MS } from './pins-process.ts';

/** `event input exit active 123 1` in its parts. */
function readEvent(line: string | undefined) {
  const [, , input = '', level = '', ns = '0', seq = '0'] = `${line}`.split(' ');
  return { input, level, ns: BigInt(ns), seq: Number(seq) };
}

/** Inputs by the rules of PROTOCOL.md, on the program and the lines that `begin` starts. */
export function pinsInputsContract(t: Test, begin: (t: Cleaner) => StartPins): void {
  t.test('levels at the claim, and every change with its time', async (t) => {
    const pins = await begin(t)({ inputs: [EXIT, CONTACT] });
    const client = new RawClient(pins.socketPath);
    const before = process.hrtime.bigint();
    t.equal(await client.ask('watch'), 'ok watch');
    const first = await client.askAll('inputs');
    t.match(
      first,
      [/^input exit inactive \d+$/, /^input contact inactive \d+$/, 'ok inputs 2'],
      'at rest by their bias',
    );
    t.ok(BigInt(first[0]?.split(' ')[3] ?? '') < before, 'since the claim');

    const moves = [
      ['exit', 'low', 'active'],
      ['contact', 'high', 'active'],
      ['exit', 'high', 'inactive'],
      ['contact', 'low', 'inactive'],
    ] as const;
    let last = before;
    for (const [index, [input, level, expected]] of moves.entries()) {
      await pins.drive.level(input, level);
      const event = readEvent(await client.event());
      t.match(event, { input, level: expected, seq: index < 2 ? 1 : 2 });
      t.ok(event.ns > last && event.ns <= process.hrtime.bigint(), 'the kernel’s time, between the two calls');
      last = event.ns;
      const line = (await client.askAll('inputs')).find((one) => one.startsWith(`input ${input} `));
      t.equal(line, `input ${input} ${expected} ${event.ns}`, 'inputs agrees');
    }
  });

  t.test('a level that does not change is not told', async (t) => {
    const pins = await begin(t)({ inputs: [EXIT] });
    const client = new RawClient(pins.socketPath);
    await client.ask('watch');
    await pins.drive.level('exit', 'high');
    await pins.drive.level('exit', 'low');
    await pins.drive.level('exit', 'low');
    await pins.drive.level('exit', 'high');
    t.match([await client.event(), await client.event()], [/exit active \d+ 1$/, /exit inactive \d+ 2$/]);
  });

  t.test('inputs alone are enough, and are no outputs', async (t) => {
    const pins = await begin(t)({ outputs: [], inputs: [EXIT] });
    const client = new RawClient(pins.socketPath);
    t.same(await client.askAll('list'), ['ok list 0']);
    t.match(await client.ask('pulse exit 10 p'), /^error unknown_output /);
    t.match(await pins.stop(), { code: 0, stderr: '' });
  });

  t.test('an input that moves leaves pulses alone', async (t) => {
    const pins = await begin(t)({ inputs: [EXIT] });
    const client = new RawClient(pins.socketPath);
    await client.ask('watch');
    await client.ask(`pulse door ${WAITED_MS} p`);
    await pins.drive.level('exit', 'low');
    await pins.drive.level('exit', 'high');
    const events = await client.eventsUntil(/^event off /);
    t.match(events, [/^event on door/, /exit active/, /exit inactive/, /^event off door p 1 \d+ timer$/]);
  });
}
