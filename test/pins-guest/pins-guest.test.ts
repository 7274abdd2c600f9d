import t from 'tap';
import { buildPinsMachine } from './machine.ts';
import { runInMachine } from './run.ts';

/** Lines of a real kernel: programs that drive and hear them, in emulated machines, two at a time. */

const MACHINES = [['wiegand', 'contract-c', 'keyboard', 'lines'], ['contract-onoff']];

if (process.arch === 'x64') {
  const machine = await buildPinsMachine((what) => t.comment(what));
  t.jobs = MACHINES.length;
  for (const names of MACHINES) t.test(names.join(', '), (t) => runInMachine(t, machine, names));
} else {
  t.comment('the emulated machine runs our Node for x86-64: nothing was tried');
}
