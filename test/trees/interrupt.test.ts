import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { until } from '../node/program.ts';

const PROGRAM = join(import.meta.dirname, '../../build/blockmesh-trees');
/** Of the ignored signals in /proc/PID/status. */
const SIGINT_BIT = 1n << 1n;

t.test('Ctrl-C, which comes to all that run on a terminal, is for whoever started it', async (t) => {
  const child = spawn(PROGRAM, ['read'], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  const exited = once(child, 'close');
  const ignored = () => /^SigIgn:\s*(\w+)$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? '0';
  await until(
    () => (BigInt(`0x${ignored()}`) & SIGINT_BIT) !== 0n,
    () => `it ignores ${ignored()}`,
  );
  child.kill('SIGINT');
  child.stdin.end();
  t.strictSame(await exited, [0, null], 'it ends once nobody asks any more');
});
