import { dirname, join } from 'node:path';
import t from 'tap';
import { startDapps } from '../../src/node/dapps.ts';
import { createProcessRunner } from '../../src/sandbox/process-runner.ts';
import type { Runner } from '../../src/sandbox/runner.ts';
import { memoryLog } from '../contract/line-protocol.ts';
import { untilGone } from '../contract/runner.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/dapps');
const plain = createProcessRunner({ path: `${dirname(process.execPath)}:/usr/bin:/bin`, stopMs: 200 });

t.test('dapps are found by name, in their order', async (t) => {
  const dapps = await startDapps(['hostile'], FIXTURES, 'b', plain, memoryLog());
  t.teardown(() => dapps.stop());
  t.strictSame(
    dapps.all().map(({ manifest, folder }) => [manifest.name, folder]),
    [['hostile', join(FIXTURES, 'hostile')]],
  );
  t.equal(dapps.get('hostile'), dapps.find('hostile'));
  for (const name of ['nothing', 'constructor', '']) {
    t.equal(dapps.find(name), undefined);
    t.throws(() => dapps.get(name), { code: 'no_dapp', fields: { dapp: name } });
  }
});

t.test('one that is not there: none is left running', async (t) => {
  const pids: number[] = [];
  const runner: Runner = {
    async start(spec) {
      const program = await plain.start(spec);
      pids.push(program.pid);
      return program;
    },
  };
  await t.rejects(startDapps(['hostile', 'nothing'], FIXTURES, 'b', runner, memoryLog()), {
    code: 'manifest_unreadable',
  });
  t.equal(pids.length, 1, 'the other had been started');
  await Promise.all(pids.map(untilGone));
});
