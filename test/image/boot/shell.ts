import { spawn } from 'node:child_process';
import { Program } from '../../node/program.ts';

/** A shell on a board, by SSH and the key on its card. One for all commands: each login takes a slow board seconds. */

const END = 'bm-end';
/** A board that is emulated on a busy machine takes its time; one that has said nothing for so long is stuck. */
const COMMAND_MS_MAX = 600_000;

export interface ShellPlace {
  readonly port: number;
  /** The file of the private key. */
  readonly key: string;
}

export class Shell {
  readonly #program: Program;
  #count = 0;

  private constructor(program: Program) {
    this.#program = program;
  }

  /** One try to log in. @returns null where nobody answers yet. */
  static async tryOpen(place: ShellPlace): Promise<Shell | null> {
    const shell = new Shell(startBySsh(place, 'sh'));
    try {
      await shell.run('true');
      return shell;
    } catch {
      shell.close();
      return null;
    }
  }

  /** What `command` says. @throws when it ends with anything but 0, or the board is gone meanwhile. */
  async run(command: string): Promise<string> {
    const { code, text } = await this.try(command);
    if (code !== 0) throw new Error(`${command} ended with ${code}: ${text}`);
    return text;
  }

  async try(command: string): Promise<{ readonly code: number; readonly text: string }> {
    this.#count += 1;
    const end = `${END}-${this.#count} `;
    const program = this.#program;
    const from = program.lines.length;
    // A shell of its own, which it may end with `exit`.
    program.child.stdin?.write(`( ${command}\n) </dev/null 2>&1; code=$?; echo; echo "${end}$code"\n`);
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const timer = setTimeout(() => reject(new Error(`no end of: ${command}`)), COMMAND_MS_MAX);
    const look = () => {
      const line = program.lines.slice(from).find((one) => one.startsWith(end));
      if (line !== undefined) resolve(line);
      else if (program.hasEnded) reject(new Error(`the connection has ended: ${program.stderr}`));
    };
    program.onChange(look);
    look();
    try {
      const line = await promise;
      const said = program.lines.slice(from, program.lines.indexOf(line, from));
      return { code: Number(line.slice(end.length)), text: said.join('\n').trimEnd() };
    } finally {
      clearTimeout(timer);
    }
  }

  /** Starts what ends the board, and is not answered. */
  tell(command: string): void {
    this.#program.child.stdin?.write(`${command} &\n`);
  }

  close(): void {
    this.#program.signal('SIGKILL');
  }
}

/** Starts a program on a board, whose output is the program's here. */
export function startBySsh({ port, key }: ShellPlace, command: string): Program {
  const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR', 'BatchMode=yes'];
  const words = [...options, 'ConnectTimeout=60', 'ServerAliveInterval=30', 'ServerAliveCountMax=20'];
  const child = spawn(
    'ssh',
    ['-i', key, '-p', `${port}`, ...words.flatMap((one) => ['-o', one]), 'root@127.0.0.1', command],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  // A board whose power goes takes the pipe with it.
  child.stdin.on('error', () => {});
  return new Program(child);
}
