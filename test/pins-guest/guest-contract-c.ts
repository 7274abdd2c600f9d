import t from 'tap';
import { pinsContract } from '../contract/pins.ts';
import { pinsHostileContract } from '../contract/pins-hostile.ts';
import { pinsInputsContract } from '../contract/pins-inputs.ts';
import { pinsLifeContract } from '../contract/pins-life.ts';
import { pinsReloadContract } from '../contract/pins-reload.ts';
import { pinsWiegandContract } from '../contract/pins-wiegand.ts';
import { C_PROGRAM, startAnywhere } from './start.ts';

/** The C program keeps the contract on lines of a kernel. */

const SUITES = [
  pinsInputsContract,
  pinsWiegandContract,
  pinsReloadContract,
  pinsContract,
  pinsLifeContract,
  pinsHostileContract,
];

t.test('C program, lines of a kernel', async (t) => {
  const begin = startAnywhere(C_PROGRAM);
  for (const suite of SUITES) suite(t, begin);
});
