import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeFolder } from '../../contract/pins-process.ts';

/** The program on onoff, where there are no lines; `test/pins-guest` has what it does with lines. */

const MAIN = join(import.meta.dirname, '../../../src/devices/pins/onoff-main.ts');
const OUTPUT = 'door,chip=nowhere,offset=1,active=high,safe=low,longest=1000';

function run(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words], { encoding: 'utf8' });
  return { code: status, stdout, stderr };
}

t.test('what it says, and the codes it ends with', async (t) => {
  const socket = ['--socket', join(makeFolder(t), 'pins.sock')];
  t.match(run('--help'), { code: 0, stdout: /^usage: blockmesh-pins-onoff .*chip=LABEL,offset=NUMBER/s, stderr: '' });
  t.match(run('--version'), { code: 0, stdout: 'blockmesh-pins onoff protocol 2\n' });
  t.match(run(...socket, '--output', OUTPUT, '--check'), { code: 0, stdout: '', stderr: '' });
  t.match(run(...socket, '--output', 'door'), { code: 2, stderr: /^blockmesh-pins: bad_pins_option: / });
  if (existsSync('/sys/class/gpio')) t.comment('this machine has lines: they are left alone');
  else {
    const { code, stderr } = run(...socket, '--output', OUTPUT);
    // Without its addon it says how to build it; with it, that there is nothing here to drive.
    const isBuilt = !stderr.includes('onoff_missing');
    t.equal(code, isBuilt ? 4 : 1, stderr);
    t.match(stderr, isBuilt ? /^blockmesh-pins: chip_missing: .*\/sys\/class\/gpio/ : /: make onoff/);
  }
});
