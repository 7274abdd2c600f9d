import t from 'tap';
import { pinsContract } from '../contract/pins.ts';
import { pinsHostileContract } from '../contract/pins-hostile.ts';
import { pinsLifeContract } from '../contract/pins-life.ts';
import { kernelLines } from './kernel-lines.ts';
import { C_PROGRAM } from './programs.ts';

/** The C program keeps the contract on lines of a kernel. */

const PROGRAM = Object.assign([...C_PROGRAM.command], { lines: kernelLines(C_PROGRAM.isNamed) });

t.test('C program, lines of a kernel', async (t) => {
  pinsContract(t, PROGRAM);
  pinsLifeContract(t, PROGRAM);
  pinsHostileContract(t, PROGRAM);
});
