import { PassThrough } from 'node:stream';
import type { Test } from 'tap';
import { buildPinsMachine, type PinsMachine, powerOnPins } from './machine.ts';

/** Tests that run in the machine, told as tests of ours. */

/** An emulated machine on a busy one takes its time; one that has not said a line for so long is stuck. */
const SILENCE_MS_MAX = 600_000;
const TAIL_LINES = 40;

/** What the machine says while one of its tests runs. */
interface Report {
  readonly name: string;
  readonly tap: PassThrough;
  /** The exit code, once it has told it. */
  code: string | undefined;
}

/** Powers a machine on for each of `machines`, the names of its tests, one at a time: each takes a whole processor. */
export async function showMachines(t: Test, machines: readonly (readonly string[])[]): Promise<void> {
  if (process.arch !== 'x64') {
    t.comment('the emulated machine runs our Node for x86-64: nothing was tried');
    return;
  }
  const machine = await buildPinsMachine((what) => t.comment(what));
  for (const names of machines) await t.test(names.join(', '), (t) => runInMachine(t, machine, names));
}

/** Runs `guest-NAME.ts` for each of `names` in one machine, one after the other; each becomes a subtest of `t`. */
async function runInMachine(t: Test, machine: PinsMachine, names: readonly string[]): Promise<void> {
  const program = powerOnPins(machine, names);
  t.teardown(() => program.signal('SIGKILL'));
  const reports = names.map((name): Report => ({ name, tap: new PassThrough(), code: undefined }));
  let [seen, current] = [0, undefined as Report | undefined];
  let stuck = setTimeout(() => program.signal('SIGKILL'), SILENCE_MS_MAX);
  program.onChange(() => {
    stuck = stuck.refresh();
    for (; seen < program.lines.length; seen += 1) {
      const line = program.lines[seen] ?? '';
      const [word, name, code] = line.split(' ');
      if (word === 'bm:begin') current = reports.find((one) => one.name === name);
      else if (word === 'bm:end' && current !== undefined) {
        current.code = code;
        current.tap.end();
        current = undefined;
      } else current?.tap.write(`${line}\n`);
    }
  });
  const ended = program.exited.then(() => {
    clearTimeout(stuck);
    for (const { tap } of reports) tap.end();
  });
  for (const report of reports) {
    await t.stdin(report.name, { tapStream: report.tap });
    t.equal(report.code, '0', `${report.name} came to its end`);
  }
  await ended;
  if (!t.passing()) t.comment([...program.lines.slice(-TAIL_LINES), program.stderr].join('\n'));
}
