import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { connectPins } from '../../../src/devices/pins/client.ts';
import type { PinsEvent } from '../../../src/devices/pins/events.ts';
import { DOOR, EXIT, GATE, LATHE, makeFolder, startWith } from '../../contract/pins-process.ts';
import { buildPins, VIRTUAL } from './build.ts';

const HELLO = 'ok hello 2 0123456789abcdef 1\n';

function clientContract(t: Test, command: readonly string[]): void {
  t.test('asks, watches and reads', async (t) => {
    const { socketPath, stop } = await startWith(t, command)();
    const pins = await connectPins({ socketPath });
    t.match(pins.epoch, /^[0-9a-f]{16}$/);
    const events: PinsEvent[] = [];
    const ended = new Promise<void>((resolve) => {
      const listener = (event: PinsEvent) => {
        events.push(event);
        if (event.type === 'output' && event.end === 'timer') resolve();
      };
      void pins.watch(listener);
    });
    const before = process.hrtime.bigint();
    const pulse = await pins.pulse('door', 30, 'p');
    t.ok(pulse.seq === 1 && pulse.onNs >= before && pulse.onNs <= process.hrtime.bigint());
    t.same(await pins.pulse('door', 30, 'p'), pulse);
    await ended;
    t.equal((await pins.hold('lathe', 'h')).seq, 2);
    t.same(await pins.list(), [
      { name: 'door', on: false, level: 'low', safe: 'low', longestMs: 60_000 },
      { name: 'lathe', on: true, level: 'low', safe: 'high', longestMs: 60_000 },
    ]);
    await pins.release('lathe');
    const [first, second] = await pins.records(0);
    t.match(first, {
      seq: 1,
      id: 'p',
      output: 'door',
      kind: 'pulse',
      onNs: pulse.onNs,
      end: 'timer',
      owner: 'present',
    });
    t.ok((first?.offNs ?? 0n) - pulse.onNs >= 30_000_000n);
    t.match(second, { seq: 2, kind: 'hold', end: 'released' });
    t.match(events, [
      { output: 'door', id: 'p', seq: 1, atNs: pulse.onNs, end: undefined },
      { id: 'p', atNs: first?.offNs ?? 0n, end: 'timer' },
      { output: 'lathe', id: 'h' },
      { id: 'h', end: 'released' },
    ]);
    const closed = new Promise<void>((resolve) => pins.onClose(resolve));
    await stop();
    await closed;
    await t.rejects(pins.pulse('door', 30, 'q'), { code: 'pins_offline' });
    await new Promise<void>((resolve) => pins.onClose(resolve));
    await pins.close();
    await t.rejects(connectPins({ socketPath }), { code: 'pins_offline', cause: { code: 'ENOENT' } });
  });

  t.test('inputs, readers and reload', async (t) => {
    const [door, exit] = [`--output ${DOOR}`, `--input ${EXIT}`];
    const program = await startWith(t, command)({ file: [door, exit] });
    const pins = await connectPins({ socketPath: program.socketPath });
    const events: PinsEvent[] = [];
    const waiting: (() => void)[] = [];
    const event = async (type: PinsEvent['type']) => {
      while (!events.some((one) => one.type === type)) await new Promise<void>((resolve) => waiting.push(resolve));
      return events.find((one) => one.type === type);
    };
    await pins.watch((one) => {
      events.push(one);
      for (const wake of waiting.splice(0)) wake();
    });
    t.match(await pins.inputs(), [{ name: 'exit', active: false }]);
    await program.drive.level('exit', 'low');
    const told = await event('input');
    t.match(told, { type: 'input', input: 'exit', active: true, seq: 1 });
    t.same(await pins.inputs(), [{ name: 'exit', active: true, atNs: told?.atNs }]);

    program.writeOptions([exit, `--wiegand ${GATE}`]);
    t.same(await pins.reload(), { added: 1, removed: 1 });
    t.same(await pins.list(), []);
    await program.drive.frame('gate', '110101');
    t.match(await event('wiegand'), { type: 'wiegand', reader: 'gate', bits: 6, hex: '35' });
    await program.drive.frame('gate', '1');
    t.match(await event('fault'), { type: 'fault', name: 'gate', reason: 'too_short' });

    program.writeOptions(['--input exit']);
    await t.rejects(pins.reload(), { code: 'pins_bad_options', message: /line 1: --input exit: no pin/ });
    program.writeOptions([door]);
    await program.drive.line('fault door,claim,1');
    await t.rejects(pins.reload(), { code: 'pins_line_busy', fields: { command: 'reload' } });
    t.match(await pins.inputs(), [{ name: 'exit', active: true }]);
    await pins.close();
  });

  t.test('every refusal has its code', async (t) => {
    const { socketPath } = await startWith(t, command)({ outputs: [DOOR, LATHE], faults: ['lathe,on,1'] });
    const pins = await connectPins({ socketPath });
    await pins.pulse('door', 50_000, 'p');
    await t.rejects(pins.pulse('door', 60_001, 'q'), { code: 'pins_too_long', fields: { command: 'pulse' } });
    await t.rejects(pins.pulse('window', 1, 'q'), { code: 'pins_unknown_output' });
    await t.rejects(pins.hold('door', 'p'), { code: 'pins_id_reused' });
    await t.rejects(pins.hold('lathe', 'h'), { code: 'pins_line_failed' });
    t.throws(() => pins.pulse('door', 1, 'two words'), { name: 'AssertionFailure' });
    const others = await Promise.all(Array.from({ length: 7 }, () => connectPins({ socketPath })));
    for (let i = 0; i < 20; i += 1) await t.rejects(connectPins({ socketPath }), { code: 'pins_too_many_clients' });
    for (const other of others) await other.close();
  });

  t.test('many requests at once, and more than the cap', async (t) => {
    const { socketPath } = await startWith(t, command)();
    const pins = await connectPins({ socketPath });
    for (let round = 0; round < 20; round += 1) {
      const asked = Array.from({ length: 64 }, (_, i) => pins.pulse('door', 50_000, `r${round}-${i}`));
      await t.rejects(pins.list(), { code: 'pins_busy' });
      const seqs = (await Promise.all(asked)).map(({ seq }) => seq);
      t.same(
        seqs,
        Array.from({ length: 64 }, (_, i) => round * 64 + i + 1),
      );
    }
    const records = await pins.records(0);
    t.same([records.length, records[0]?.seq, records.at(-1)?.seq], [1024, 257, 1280], 'page by page');
    t.same((await pins.records(1279)).length, 1);
    await pins.close();
    await pins.close();
    await t.rejects(pins.records(0), { code: 'pins_offline' });
  });
}

t.test('C program, simulated lines', async (t) => clientContract(t, [buildPins('gpio_sim')]));
t.test('virtual twin', async (t) => clientContract(t, VIRTUAL));

/** A server that is not the pins process: `answer` gets each line. */
async function startImpostor(t: Test, answer: (line: string, socket: Socket) => void): Promise<string> {
  const socketPath = join(makeFolder(t), 'impostor.sock');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let text = '';
    socket.on('error', () => undefined);
    socket.setEncoding('latin1').on('data', (more: string) => {
      const lines = `${text}${more}`.split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) answer(line, socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return socketPath;
}

t.test('a server that never answers', async (t) => {
  const socketPath = await startImpostor(t, () => undefined);
  await t.rejects(connectPins({ socketPath, replyTimeoutMs: 20 }), { code: 'pins_timeout' });
});

t.test('a late reply meets its own request', async (t) => {
  let late: (() => void) | undefined;
  const socketPath = await startImpostor(t, (line, socket) => {
    if (line === 'hello 2') socket.write(HELLO);
    else if (line === 'pulse door 5 late') late = () => socket.write('ok pulse late 1 100\nok pulse next 2 200\n');
    else late?.();
  });
  const pins = await connectPins({ socketPath, replyTimeoutMs: 2_000 });
  await t.rejects(pins.pulse('door', 5, 'late'), { code: 'pins_timeout' });
  t.same(await pins.pulse('door', 5, 'next'), { seq: 2, onNs: 200n });
});

t.test('a reply that waited while this process stood still is no timeout', async (t) => {
  const replyTimeoutMs = 1_000;
  const socketPath = await startImpostor(t, (line, socket) => {
    socket.write(line === 'hello 2' ? HELLO : 'ok release door\n');
    // The reply is with the kernel, and the time is over before this process can read it.
    if (line !== 'hello 2') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, replyTimeoutMs + 100);
  });
  const pins = await connectPins({ socketPath, replyTimeoutMs });
  await t.resolves(pins.release('door'));
});

t.test('replies that are not in the protocol', async (t) => {
  const cases: [string, string][] = [
    ['hello', 'ok hello 1 0123456789abcdef 1\n'],
    ['hello', 'ok hello 2 epoch 1\n'],
    ['hello', 'ok list 0\n'],
    ['hello', `${'x'.repeat(256)}`],
    ['hello', `ok hello 2 0123456789abcdef ${'1'.repeat(250)}\n`],
    ['hello', 'output door on high low 1\n'],
    ['records', 'record 1 p door pulse 1 2 timer lost\n'.repeat(65)],
    ['list', 'record 1 p door pulse 1 2 timer lost\nok list 1\n'],
    ['hello', 'event on door\n'],
    ['hello', 'event off door a 1 2 never\n'],
    ['hello', 'event explode door a 1 2\n'],
    ['hello', 'error \n'],
    ['hello', 'event input exit maybe 1 1\n'],
    ['hello', 'event input exit active 1\n'],
    ['hello', 'event input exit active x 1\n'],
    ['hello', 'event wiegand gate 1 26 354f64\n'],
    ['hello', 'event wiegand gate 1 26 754f64e\n'],
    ['hello', 'event wiegand gate 1 26 354F64E\n'],
    ['hello', 'event wiegand gate 1 3 7\n'],
    ['hello', `event wiegand gate 1 129 1${'0'.repeat(32)}\n`],
    ['hello', 'event wiegand gate 1 26 \n'],
    ['hello', 'event fault gate 1 bored\n'],
    ['hello', 'event fault gate 1 babbling 2\n'],
    ['inputs', 'input exit maybe 1\nok inputs 1\n'],
    ['inputs', 'input exit active\nok inputs 1\n'],
    ['inputs', 'output door on high low 1\nok inputs 1\n'],
    ['inputs', `${'input exit active 1\n'.repeat(65)}ok inputs 65\n`],
    ['reload', 'ok reload 1\n'],
    ['reload', 'ok reload one 1\n'],
    ['pulse', 'ok pulse other 1 1\n'],
    ['pulse', 'ok pulse p one 1\n'],
    ['pulse', 'ok pulse p 1\n'],
    ['pulse', 'ok hold p 1 1\n'],
    ['list', 'output door on high\nok list 1\n'],
    ['list', 'output door maybe high low 1\nok list 1\n'],
    ['list', 'output door on high low x\nok list 1\n'],
    ['records', 'record 1 p door pulse 1 2 - present\nok records 1\n'],
    ['records', 'record 1 p door pulse 1 - timer present\nok records 1\n'],
    ['records', 'record 1 p door dance 1 2 timer present\nok records 1\n'],
    ['records', 'record 1 p door pulse 1 2 timer nobody\nok records 1\n'],
    ['records', 'record 99999999999999999 p door pulse 1 2 timer lost\nok records 1\n'],
  ];
  for (const [command, text] of cases) {
    const socketPath = await startImpostor(t, (line, socket) => {
      socket.write(line.startsWith(command) ? text : HELLO);
    });
    const asked = connectPins({ socketPath }).then((pins): Promise<unknown> => {
      if (command === 'pulse') return pins.pulse('door', 1, 'p');
      if (command === 'inputs') return pins.inputs();
      if (command === 'reload') return pins.reload();
      return command === 'list' ? pins.list() : pins.records(0);
    });
    await t.rejects(asked, { code: 'pins_protocol' }, JSON.stringify(text.slice(0, 80)));
  }
  const endless = await startImpostor(t, (line, socket) => {
    const page = 'record 1 p door pulse 1 2 timer lost\n'.repeat(64);
    socket.write(line === 'hello 2' ? HELLO : `${page}ok records 64\n`);
  });
  const records = await (await connectPins({ socketPath: endless })).records(0);
  t.ok(records.length <= 64 * 17, 'a server without end of records is read to a cap');
});

t.test('bytes of a reply one by one', async (t) => {
  const socketPath = await startImpostor(t, (line, socket) => {
    const text = line === 'hello 2' ? HELLO : 'event on door a 1 7\noutput door on high low 9\nok list 1\n';
    const feed = (at: number) => {
      if (at < text.length) socket.write(text.slice(at, at + 1), () => setImmediate(feed, at + 1));
    };
    feed(0);
  });
  const pins = await connectPins({ socketPath });
  t.same(await pins.list(), [{ name: 'door', on: true, level: 'high', safe: 'low', longestMs: 9 }]);
  await pins.close();
});
