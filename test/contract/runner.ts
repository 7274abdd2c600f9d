import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { Test } from 'tap';
import type { Runner, RunningProgram } from '../../src/sandbox/runner.ts';

/** What every runner promises. `folder` exists where the programs run; `stopMs` of the runner is short. */
export function runnerContract(t: Test, runner: Runner, folder: string): void {
  const start = (...command: string[]): Promise<RunningProgram> =>
    runner.start({ name: 'probe', command, cwd: folder, env: { GREETING: 'hello' } });
  const firstLine = async (program: RunningProgram): Promise<string> => {
    const [chunk] = (await once(program.stdout, 'data')) as [Buffer];
    return chunk.toString().trim();
  };

  t.test('carries bytes both ways and ends with the input', async (t) => {
    const program = await start('cat');
    program.stdin.end('a\0b\xff');
    t.equal(await text(program.stdout), 'a\0bÿ');
    t.same(await program.exited, { code: 0, signal: null });
  });

  t.test('tells exit codes and signals', async (t) => {
    const failed = await start('sh', '-c', 'exit 7');
    failed.stdout.resume();
    failed.stderr.resume();
    t.same(await failed.exited, { code: 7, signal: null });
    const killed = await start('sh', '-c', 'kill -KILL $$');
    killed.stdout.resume();
    killed.stderr.resume();
    t.same(await killed.exited, { code: null, signal: 'SIGKILL' });
  });

  t.test('gives a minimal environment and none of our file descriptors', async (t) => {
    process.env.BLOCKMESH_SECRET = 'do not tell';
    t.teardown(() => delete process.env.BLOCKMESH_SECRET);
    const secret = openSync(import.meta.filename, 'r');
    t.teardown(() => closeSync(secret));
    const program = await start('sh', '-c', 'tr "\\0" "\\n" < /proc/$$/environ; ls -l /proc/$$/fd');
    program.stderr.resume();
    const output = await text(program.stdout);
    const names = output.match(/^[A-Z_]+(?==)/gm) ?? [];
    // The test runner adds its own to every child.
    t.same(names.filter((name) => name !== 'NODE_OPTIONS' && !name.startsWith('_TAP')).sort(), [
      'GREETING',
      'LANG',
      'PATH',
    ]);
    t.match(output, / 0 -> /, 'descriptors are listed');
    t.notMatch(output, import.meta.filename);
  });

  t.test('starts in the given folder, without a shell', async (t) => {
    const program = await start('pwd');
    program.stderr.resume();
    t.equal((await text(program.stdout)).trim(), folder);
    const literal = await start('echo', '$HOME;`id`', '*');
    literal.stderr.resume();
    t.equal((await text(literal.stdout)).trim(), '$HOME;`id` *');
  });

  t.test('a program that is not there is a coded error', async (t) => {
    await t.rejects(start('no-such-program'), { code: 'program_not_started' });
    await t.rejects(runner.start({ name: 'x', command: ['cat'], cwd: `${folder}/missing`, env: {} }), {
      code: 'program_not_started',
    });
  });

  t.test('a kill asks first', async (t) => {
    const program = await start('sh', '-c', 'trap "exit 5" TERM; echo ready; while :; do sleep 0.01; done');
    program.stderr.resume();
    t.equal(await firstLine(program), 'ready');
    t.same(await program.kill(60_000), { code: 5, signal: null });
    t.same(await program.kill(), { code: 5, signal: null }, 'after the end it changes nothing');
    t.same(await program.kill(0), { code: 5, signal: null });
  });

  t.test('a kill insists', async (t) => {
    const program = await start('sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 60; done');
    program.stderr.resume();
    t.equal(await firstLine(program), 'ready');
    const first = program.kill();
    t.equal(program.kill(60_000), first, 'a longer grace does not count');
    t.same(await first, { code: null, signal: 'SIGKILL' });
  });

  t.test('a later kill may shorten the grace', async (t) => {
    const program = await start('sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 60; done');
    program.stderr.resume();
    t.equal(await firstLine(program), 'ready');
    void program.kill(600_000);
    t.same(await program.kill(0), { code: null, signal: 'SIGKILL' });
  });

  t.test('descendants end with the program, however it ends', async (t) => {
    for (const end of ['exit', 'kill']) {
      const script = `sh -c 'trap "" TERM; while :; do sleep 60; done' & echo $!; ${end === 'exit' ? 'exit 0' : 'wait'}`;
      const program = await start('sh', '-c', script);
      program.stderr.resume();
      const pid = Number(await firstLine(program));
      program.stdout.resume();
      await (end === 'exit' ? program.exited : program.kill());
      await untilGone(pid);
      t.pass(`after ${end}`);
    }
  });

  t.test('all output is read before the end is told', async (t) => {
    const program = await start('sh', '-c', 'head -c 300000 /dev/zero; echo end');
    program.stderr.resume();
    let bytes = 0;
    program.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    await program.exited;
    t.equal(bytes, 300_004);
  });

  t.test('output that nobody reads does not hold up the end for ever', async (t) => {
    const program = await start('sh', '-c', 'echo something; exit 4');
    t.same(await program.exited, { code: 4, signal: null });
  });
}

/** Waits until the process has ended, which a killed one does within moments; a living one runs into the timeout. */
export async function untilGone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve));
}

/** Whether the process runs; one that only waits to be collected does not. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
