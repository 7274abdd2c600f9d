import t from 'tap';
import { pinsContract } from '../contract/pins.ts';
import { pinsHostileContract } from '../contract/pins-hostile.ts';
import { pinsInputsContract } from '../contract/pins-inputs.ts';
import { pinsLifeContract } from '../contract/pins-life.ts';
import { ONOFF, startAnywhere } from './start.ts';

/** The program on onoff keeps the contract on lines of a kernel. */

const SUITES = [pinsContract, pinsLifeContract, pinsInputsContract, pinsHostileContract];

t.test('onoff, lines of a kernel', async (t) => {
  const begin = startAnywhere(ONOFF);
  // Node keeps what it made of the sources once a process has ended in good order; each later start is spared it.
  await (await begin(t)()).stop();
  for (const suite of SUITES) suite(t, begin);
});
