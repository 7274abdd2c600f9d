import t from 'tap';
import { anySeed } from '../../node/seeded.ts';
import { buildTrees } from '../../trees/trees.ts';
import { type TrialKind, trial } from './crash-trial.ts';
import { restoreTrial } from './restore-trial.ts';

const KINDS: readonly TrialKind[] = ['kill', 'race', 'kill', 'race', 'kill', 'kill'];

t.test('a store that is killed at any moment keeps what it acknowledged', async (t) => {
  const seed = anySeed();
  for (const [index, kind] of KINDS.entries()) {
    const { cut, acknowledged, roots, swept } = await trial(kind, seed + index);
    t.pass(`seed ${seed + index}, ${kind}: cut in ${cut.join()}; ${acknowledged} of ${roots} roots, ${swept} swept`);
  }
});

t.test('so does one whose disk is full', async (t) => {
  if (process.getuid?.() !== 0) throw new Error('disks are mounted by root: run the tests of the store as root');
  const seed = anySeed();
  for (const index of [0, 1]) {
    const { refused, acknowledged, roots, swept } = await trial('full', seed + index);
    t.ok(refused.includes('chunks_full'), `seed ${seed + index}: ${refused.join()}`);
    t.pass(`${acknowledged} of ${roots} roots, ${swept} swept`);
  }
});

t.test('a restore that is killed, or whose disk is full, is whole after the next run, and not before', async (t) => {
  if (process.getuid?.() !== 0) throw new Error('disks are mounted by root: run the tests of the store as root');
  buildTrees();
  const seed = anySeed();
  for (const index of [0, 1]) {
    const { cut } = await restoreTrial('restore-kill', seed + index);
    t.pass(`seed ${seed + index}: ${cut.join()}`);
  }
  t.strictSame((await restoreTrial('restore-full', seed)).refused, ['tree_not_written'], `seed ${seed}`);
});
