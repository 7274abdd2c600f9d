import type { Readable, Writable } from 'node:stream';

/** A program of a dapp, as it is to be started. */
export interface ProgramSpec {
  /** For the log. */
  readonly name: string;
  /** The program and its arguments; never empty, never passed through a shell. */
  readonly command: readonly string[];
  /** Absolute path; relative words of the command are relative to it. */
  readonly cwd: string;
  /** Added to the runner's own minimal environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** Exactly one of the two is null. */
export interface ProgramExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/**
 * A program that runs. Its streams carry bytes. The owner reads or destroys `stdout` and `stderr`, and listens to
 * errors of all three.
 */
export interface RunningProgram {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly pid: number;
  /**
   * Resolves once, never rejects, when the program has ended, everything it started has been killed, and its output
   * has been read (or was given up a grace after its end). Comes after the last `data` of stdout and stderr.
   */
  readonly exited: Promise<ProgramExit>;
  /**
   * Asks the program and its descendants to end (SIGTERM), and kills them (SIGKILL) after `graceMs`; 0 kills at
   * once. Resolves with `exited`. Idempotent; a later call may shorten the grace and never lengthens it. After the
   * end it does nothing.
   */
  kill(graceMs?: number): Promise<ProgramExit>;
}

/**
 * Starts programs of dapps. What every runner promises: a minimal environment, no file descriptors but the three
 * streams, and no descendant that still runs once `exited` has resolved.
 *
 * What none can promise is that a program ends when the node is killed with SIGKILL: a program must leave when its
 * standard input ends (the SDK does), and under systemd the unit's control group takes what ignores that.
 */
export interface Runner {
  /** @throws program_not_started with `cause`; worth another try only after a pause. */
  start(spec: ProgramSpec): Promise<RunningProgram>;
}
