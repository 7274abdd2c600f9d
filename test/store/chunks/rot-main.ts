import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anySeed } from '../../node/seeded.ts';
import { wholeSetting } from '../../node/settings.ts';
import { makeRotStore, rotTrial } from './rot-trial.ts';

/** `make chunks-rot`: damages a chunk store N times, each time on a new copy; exit code 1 when an answer was wrong. */

const FLIPS_MAX = 1_000_000;

const total = wholeSetting('N', 1000, FLIPS_MAX);
const first = wholeSetting('SEED', anySeed(), 2 ** 31);
const folder = mkdtempSync(join(tmpdir(), 'bm-rot-'));
try {
  const store = join(folder, 'store.db');
  const blobs = await makeRotStore(store);
  const counts = new Map<string, number>();
  let wrong = 0;
  for (let seed = first; seed < first + total; seed += 1) {
    const { damage, bad, codes } = await rotTrial(store, blobs, seed);
    for (const code of codes.length === 0 ? ['nothing'] : codes) counts.set(code, (counts.get(code) ?? 0) + 1);
    if (bad.length > 0) wrong += 1;
    for (const text of bad) console.log(`bad: SEED=${seed} N=1: ${damage}: ${text}`);
  }
  const refused = [...counts].sort().map(([code, count]) => `${code} ${count}`);
  console.log(`${total} times, SEED=${first}: refused with ${refused.join(', ')}; ${wrong} wrong`);
  process.exitCode = wrong === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
