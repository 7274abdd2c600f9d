import t from 'tap';
import { pinsContract } from '../contract/pins.ts';
import { pinsHostileContract } from '../contract/pins-hostile.ts';
import { pinsLifeContract } from '../contract/pins-life.ts';
import { ONOFF, startAnywhere } from './start.ts';

/**
 * The program on onoff keeps the contract on lines of a kernel, as far as sysfs can: that each of two near edges of an
 * input is told it cannot, and there are no Wiegand readers. `guest-lines.ts` has what it does instead.
 */

const SUITES = [pinsContract, pinsLifeContract, pinsHostileContract];

t.test('onoff, lines of a kernel', async (t) => {
  const begin = startAnywhere(ONOFF);
  // Node keeps what it made of the sources once a process has ended in good order; each later start is spared it.
  await (await begin(t)()).stop();
  for (const suite of SUITES) suite(t, begin);
});
