import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { powerOnBoard } from '../../machine/qemu-board.ts';
import { freePort } from '../../node/free-port.ts';
import type { Program } from '../../node/program.ts';
import type { ImageBoard } from './boards.ts';
import { CARD_FRAME } from './card-text.ts';
import { Shell, type ShellPlace } from './shell.ts';

/** A board that runs from a card: its console, its serial reader, and a shell on it. */

/** An emulated machine on a busy one takes its time; what has not come by now never comes. */
const WAIT_MS_MAX = 1_200_000;
const RETRY_MS = 1_000;
const TAIL_LINES = 40;

export interface RunOptions {
  readonly board: ImageBoard;
  readonly firmware: (name: string) => string;
  /** The card, as QEMU calls a drive: `file=…`, or another source of blocks. */
  readonly disk: string;
  /** A folder of its own, for sockets and keys. */
  readonly folder: string;
  readonly hasNetwork?: boolean;
  readonly words?: readonly string[];
  /** What its clock says as the power comes, in seconds since 1970; by default the time of this machine. */
  readonly clockBaseS?: number;
}

export class RunningBoard {
  readonly power: Program;
  /** Where SSH leads to it. */
  readonly place: ShellPlace;
  /** What its clock said as the power came. */
  readonly clockBaseS: number;
  readonly #readerPath: string;
  #reader: Socket | null = null;
  #starts = 0;
  #seen = 0;

  private constructor(power: Program, place: ShellPlace, readerPath: string, clockBaseS: number) {
    this.power = power;
    this.place = place;
    this.clockBaseS = clockBaseS;
    this.#readerPath = readerPath;
    power.onChange(() => {
      for (; this.#seen < power.lines.length; this.#seen += 1) {
        if (power.lines[this.#seen]?.includes('Starting kernel')) this.#starts += 1;
      }
    });
  }

  static async on(options: RunOptions): Promise<RunningBoard> {
    const { board, firmware, disk, folder, hasNetwork = true, words = [] } = options;
    const clockBaseS = options.clockBaseS ?? Math.floor(Date.now() / 1000);
    const reader = join(folder, 'reader.sock');
    const port = await freePort();
    const machine = board.machine({
      firmware,
      reader,
      sshPort: hasNetwork ? port : null,
      words: [...clockOf(clockBaseS), ...words],
    });
    return new RunningBoard(powerOnBoard(machine, disk), { port, key: join(folder, 'key') }, reader, clockBaseS);
  }

  /** How often a kernel was started. */
  get starts(): number {
    return this.#starts;
  }

  /** The first line of the console, from line `from` on, in which `pattern` is. @throws when the board ends first. */
  async said(pattern: RegExp, from = 0): Promise<string> {
    return await this.#until(
      () => this.power.lines.slice(from).find((line) => pattern.test(line)),
      `${pattern} on the console`,
    );
  }

  /** The board's `count`th kernel has been started. */
  async started(count: number): Promise<void> {
    await this.#until(() => (this.starts >= count ? true : undefined), `start ${count}`);
  }

  async shell(): Promise<Shell> {
    const endMs = performance.now() + WAIT_MS_MAX;
    for (;;) {
      const shell = await Shell.tryOpen(this.place);
      if (shell !== null) return shell;
      if (this.power.hasEnded || performance.now() > endMs) throw new Error(`nobody answers SSH:\n${this.tail()}`);
      await pause(RETRY_MS);
    }
  }

  /** Holds a card to the serial reader. */
  async badge(frame: Uint8Array = CARD_FRAME): Promise<void> {
    this.#reader ??= await this.#wire();
    this.#reader.write(frame);
  }

  async #wire(): Promise<Socket> {
    const socket = connect(this.#readerPath);
    socket.on('error', () => {
      this.#reader = null;
    });
    await once(socket, 'connect');
    return socket;
  }

  /** The power goes. */
  async cut(): Promise<void> {
    this.#reader?.destroy();
    await this.power.kill();
  }

  tail(): string {
    return [...this.power.lines.slice(-TAIL_LINES), this.power.stderr].join('\n');
  }

  async #until<T>(look: () => T | undefined, what: string): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = () => {
      if (this.power.hasEnded || look() !== undefined) resolve();
    };
    this.power.onChange(check);
    check();
    const timer = setTimeout(resolve, WAIT_MS_MAX);
    await promise;
    clearTimeout(timer);
    const found = look();
    if (found !== undefined) return found;
    throw new Error(`${this.power.hasEnded ? 'the board has ended' : 'this never came'}: ${what}\n${this.tail()}`);
  }
}

/** A clock that goes with the machine's own time, and not with this one's. */
function clockOf(baseS: number): readonly string[] {
  return ['-rtc', `base=${new Date(baseS * 1000).toISOString().slice(0, 19)},clock=vm`];
}

/** A key for SSH in the file `key` of `folder`. @returns the public one. */
export function makeKey(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', path]);
  return readFileSync(`${path}.pub`, 'utf8').trim();
}
