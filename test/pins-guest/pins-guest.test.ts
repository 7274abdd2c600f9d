import t from 'tap';
import { buildPinsMachine } from './machine.ts';
import { runInMachine } from './run.ts';

/** Lines of a real kernel: programs that drive and hear them, in an emulated machine. */

t.test('lines of a kernel', async (t) => {
  if (process.arch !== 'x64') {
    t.comment('the emulated machine runs our Node for x86-64: nothing was tried');
    return;
  }
  const machine = await buildPinsMachine((what) => t.comment(what));
  await runInMachine(t, machine, ['contract-c']);
});
