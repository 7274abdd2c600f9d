import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Test } from 'tap';
import { until } from '../node/program.ts';

const CTRL_C = '\x03';

/** A command that is stopped in its midst. */
export interface Watched {
  /** What it has written: to a terminal all of it, else to standard error. */
  said(): string;
  /** Resolves once `isSo` holds of what it has written. */
  until(isSo: (said: string) => boolean): Promise<void>;
  /** Ctrl-C on a terminal, which tells the command and all that it has started; else a signal to the command alone. */
  interrupt(): void;
  readonly exited: Promise<number | null>;
}

/** Where a command may write to. */
export const PLACES = {
  /** A pseudo-terminal, of which the command has the keyboard, too. */
  'on a terminal': (t: Test, words: readonly string[], cwd: string): Watched => {
    const line = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
    return watched(t, ['script', '--quiet', '--return', '--flush', '--command', `exec ${line}`, '/dev/null'], cwd);
  },
  'without one': (t: Test, words: readonly string[], cwd: string): Watched => watched(t, [...words, '--json'], cwd),
} as const;

function watched(t: Test, [program = '', ...words]: readonly string[], cwd: string): Watched {
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'], cwd });
  const isTerminal = program === 'script';
  let said = '';
  child.stdin.on('error', () => undefined);
  (isTerminal ? child.stdout : child.stderr).setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  (isTerminal ? child.stderr : child.stdout).resume();
  let hasEnded = false;
  const exited = once(child, 'close').then(([code]) => {
    hasEnded = true;
    return code as number | null;
  });
  t.teardown(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  return {
    said: () => said,
    until: async (isSo) => {
      await until(
        () => isSo(said) || hasEnded,
        () => said.slice(-2000),
      );
      if (!isSo(said)) throw new Error(`it ended before: ${said.slice(-2000)}`);
    },
    interrupt: () => {
      if (isTerminal) child.stdin.write(CTRL_C);
      else child.kill('SIGINT');
    },
    exited,
  };
}
