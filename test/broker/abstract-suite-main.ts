import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { Drops } from '../../src/broker/drops.ts';
import { Persistence } from '../../src/broker/persistence.ts';
import { BrokerStore } from '../../src/broker/store.ts';
import { stillClock } from './still-clock.ts';

// aedes-persistence's own suite, on our persistence with a real file each; run by node:test.

type Suite = (options: {
  readonly test: typeof test;
  readonly persistence: () => Persistence;
  readonly testAsync: true;
}) => void;

const suite = createRequire(import.meta.url)('aedes-persistence/abstract.js') as Suite;
const folder = mkdtempSync(join(tmpdir(), 'blockmesh-broker-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const log = { info: () => {}, warn: () => {} };
let files = 0;

suite({
  test,
  testAsync: true,
  persistence: () => {
    files += 1;
    const drops = new Drops(stillClock(), log);
    const path = join(folder, `${files}.db`);
    return new Persistence(new BrokerStore({ path, log, drops, isConnected: () => false }), () => true);
  },
});
