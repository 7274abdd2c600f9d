import t from 'tap';
import { Turns } from '../../src/node/turns.ts';

t.test('gives way once a turn has been long enough, and begins another', async (t) => {
  let nowMs = 1_000;
  const turns = new Turns({ monotonicMs: () => nowMs });
  let others = 0;
  const step = async (tookMs: number) => {
    setImmediate(() => {
      others += 1;
    });
    nowMs += tookMs;
    const before = others;
    await turns.next();
    return others > before;
  };
  t.equal(await step(9), false, 'the turn is not over');
  t.equal(await step(1), true, 'whoever waited came first');
  t.equal(await step(9), false, 'a turn that began after them');
  t.equal(await step(100), true);
});
