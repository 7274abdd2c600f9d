import { writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { CodedError, codeOf, messageOf } from '../base/errors.ts';
import { DAPP_STOP_MS_MAX } from '../base/limits.ts';
import type { ProgramExit, ProgramSpec, Runner, RunningProgram } from './runner.ts';

/** From -1000 (never) to 1000 (first). */
const OOM_SCORE_ADJ = 300;

interface ProcessRunnerOptions {
  /** The PATH of the programs, and what their names are looked up in. */
  readonly path: string;
  /** Grace of `kill`, and how long output is awaited after the end. */
  readonly stopMs?: number;
}

/**
 * Runs programs as plain child processes, each the leader of its own process group, so that what it forks ends with
 * it. No walls: for development and tests. A descendant that leaves the group (setsid) survives here; it loses its
 * streams but not its life. Nothing portable ends a child when its parent is killed; see `Runner`.
 */
export function createProcessRunner(options: ProcessRunnerOptions): Runner {
  const stopMs = options.stopMs ?? DAPP_STOP_MS_MAX;
  return { start: (spec) => start(spec, options.path, stopMs) };
}

async function start(spec: ProgramSpec, path: string, stopMs: number): Promise<RunningProgram> {
  const [file = '', ...args] = spec.command;
  const subprocess = launch(file, args, spec, path);
  const child = subprocess.nodeChildProcess;
  const { promise: spawned, resolve, reject } = Promise.withResolvers<void>();
  child.once('spawn', resolve);
  void subprocess.then((result) => reject(result.cause ?? result));
  try {
    await spawned;
  } catch (cause) {
    throw new CodedError('program_not_started', `${spec.name} could not be started: ${messageOf(cause)}`, {
      fields: { program: spec.name, file },
      cause,
      advice: 'Check that the command of the manifest exists and may be executed.',
    });
  }
  const pid = child.pid as number;
  giveUpFirst(pid);
  const { stdin, stdout, stderr } = subprocess;
  const signalGroup = (signal: NodeJS.Signals): void => signalTo(-pid, signal);

  const exit = Promise.withResolvers<ProgramExit>();
  let ended = false;
  let killTimer: NodeJS.Timeout | undefined;
  let killAt = Number.POSITIVE_INFINITY;
  let outputTimer: NodeJS.Timeout | undefined;
  child.once('exit', () => {
    ended = true;
    clearTimeout(killTimer);
    // Right away, while the number of the group cannot have been given to another.
    signalGroup('SIGKILL');
    const giveUp = () => {
      stdout.destroy();
      stderr.destroy();
    };
    // When this process itself stood still, what the program has said waits unread behind the timer.
    outputTimer = setTimeout(() => setImmediate(giveUp), stopMs);
  });
  child.once('close', (code, signal) => {
    clearTimeout(outputTimer);
    stdin.destroy();
    exit.resolve({ code, signal });
  });
  return {
    stdin,
    stdout,
    stderr,
    pid,
    exited: exit.promise,
    kill(graceMs = stopMs) {
      const at = performance.now() + graceMs;
      if (ended || at >= killAt) return exit.promise;
      killAt = at;
      clearTimeout(killTimer);
      if (graceMs === 0) {
        signalGroup('SIGKILL');
      } else {
        signalGroup('SIGTERM');
        killTimer = setTimeout(() => signalGroup('SIGKILL'), graceMs);
      }
      return exit.promise;
    },
  };
}

function launch(file: string, args: readonly string[], spec: ProgramSpec, path: string) {
  return execa(file, args, {
    cwd: spec.cwd,
    env: { PATH: path, LANG: 'C.UTF-8', ...spec.env },
    extendEnv: false,
    stdio: 'pipe',
    buffer: false,
    encoding: 'buffer',
    reject: false,
    // A group of its own. With it execa leaves ending the child to us.
    detached: true,
  });
}

/**
 * When memory runs out, the kernel ends programs of dapps, which start again in no time, before the node that decides
 * with them. Whatever is started inherits the node's own place in that order.
 */
function giveUpFirst(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, String(OOM_SCORE_ADJ));
  } catch {
    // It has gone already, or somebody has set it higher.
  }
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // Nobody is left, or only zombies.
    if (codeOf(error) !== 'ESRCH' && codeOf(error) !== 'EPERM') throw error;
  }
}
