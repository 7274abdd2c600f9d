import t from 'tap';
import { pinsContract } from '../contract/pins.ts';
import { pinsHostileContract } from '../contract/pins-hostile.ts';
import { pinsLifeContract } from '../contract/pins-life.ts';
import { startWith } from '../contract/pins-process.ts';
import { kernelLines } from './kernel-lines.ts';
import { ONOFF } from './programs.ts';

/** The program on onoff keeps the contract on lines of a kernel. */

const PROGRAM = Object.assign([...ONOFF.command], { lines: kernelLines(ONOFF.isNamed) });

t.test('onoff, lines of a kernel', async (t) => {
  // Node keeps what it made of the sources once a process has ended in good order; each later start is spared it.
  await (await startWith(t, PROGRAM)()).stop();
  pinsContract(t, PROGRAM);
  pinsLifeContract(t, PROGRAM);
  pinsHostileContract(t, PROGRAM);
});
