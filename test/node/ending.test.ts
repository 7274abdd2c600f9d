import t from 'tap';
import { untilEnd } from '../../src/node/ending.ts';
import { dappProcess } from './dapp-process.ts';
import { parseLog } from './program.ts';
import { TestSpace } from './space-harness.ts';

t.test('a task ends with the node: its caller at once, the work at its next report', async (t) => {
  const ending = new AbortController();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const { promise: go, resolve: goOn } = Promise.withResolvers<void>();
  const { promise: stopped, resolve: stop } = Promise.withResolvers<unknown>();
  const reports: number[] = [];
  const task = untilEnd(ending.signal, async (_, progress) => {
    progress('work', 1, 2);
    begin();
    await go;
    try {
      progress('work', 2, 2);
    } catch (error) {
      stop(error);
    }
    return null;
  });
  const answer = task({}, (_, done) => reports.push(done));
  await begun;
  ending.abort();
  await t.rejects(answer, { name: 'CodedError', code: 'node_stopping', advice: /stays/ });
  goOn();
  t.match(await stopped, { name: 'AbortError' });
  t.same(reports, [1], 'no more of it is told');
  await t.rejects(
    task({}, () => {}),
    { code: 'node_stopping' },
    'nothing begins',
  );
  const other = untilEnd(new AbortController().signal, async ({ a }) => a ?? null);
  t.equal(await other({ a: 1 }, () => {}), 1);
});

t.test('SIGTERM ends a verify that takes long with a coded error', async (t) => {
  const space = await TestSpace.make(t, { doors: ['front'] });
  const node = await space.startNode();
  const contract = await dappProcess(space, 'contract.ts', 'door');
  const door = ['--reader', 'front-reader', '--output', 'front-strike'];
  t.equal((await space.cli('door', 'add', 'front', ...door)).code, 0);
  // It answers no more: verify waits for it.
  process.kill(contract, 'SIGSTOP');
  const control = await space.control();
  const answered = control.call('verify', {}, 60_000);
  await control.call('node.status', {}, 60_000);
  const exit = node.stop();
  await t.rejects(answered, { code: 'node_stopping' });
  t.same(await exit, { code: 0, signal: null });
  t.equal(parseLog(node.lines.at(-1) ?? '').msg, 'stopped', 'not cut short');
});
