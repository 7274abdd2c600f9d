import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * A program that speaks the protocol of src/devices/pins/PROTOCOL.md, and how to talk to it line by line. On real lines
 * a chip labelled test-chip has all the lines that are named here, and LATHE at offset 3.
 */

export const DOOR = 'door,chip=test-chip,line=DOOR,active=high,safe=low,longest=60000';
export const LATHE = 'lathe,chip=test-chip,offset=3,active=low,safe=high,longest=60000';
export const BRIEF = 'brief,line=BRIEF,active=high,safe=low,longest=80';

export const EXIT = 'exit,chip=test-chip,line=EXIT,active=low,bias=pull-up,debounce=0';
export const CONTACT = 'contact,line=CONTACT,active=high,bias=pull-down,debounce=0';
export const GATE = 'gate,chip=test-chip,d0=GATE_D0,d1=GATE_D1';
export const SIDE = 'side,d0=SIDE_D0,d1=SIDE_D1,gap=30';

export interface StartOptions {
  readonly outputs?: readonly string[];
  readonly inputs?: readonly string[];
  readonly readers?: readonly string[];
  /** The lines of an options file, instead of all of the above. */
  readonly file?: readonly string[];
  readonly faults?: readonly string[];
  readonly socketPath?: string;
}

/**
 * A pulse that is still on after what a test does meanwhile, on a machine that leaves a process standing for a second or
 * two, and whose end a test can wait for.
 */
export const WAITED_MS = 3_000;

/** The level of an output, and when it came to it. */
export interface TraceLine {
  readonly ns: bigint;
  readonly output: string;
  readonly level: string;
}

export interface Exit {
  readonly code: number | null;
  readonly stderr: string;
}

export interface PinsProcess {
  readonly socketPath: string;
  readonly child: ChildProcess;
  readonly exit: Promise<Exit>;
  /** The traced levels since the start, oldest first. */
  trace(): TraceLine[];
  stop(signal?: NodeJS.Signals): Promise<Exit>;
  /** Moves what the process reads. */
  readonly drive: PinsDrive;
  /** Replaces the options file; `reload` makes it hold. */
  writeOptions(lines: readonly string[]): void;
}

/**
 * What a suite can do to inputs and readers, on whatever lines the process has. A frame or pulse is over when the call
 * resolves; whoever wants a gap after it waits for the event.
 */
export interface PinsDrive {
  level(input: string, level: 'high' | 'low'): Promise<void>;
  /** `bits` as text, the first one first. */
  frame(reader: string, bits: string): Promise<void>;
}

/** Lines in memory can do more: `line` is one of their drive socket, in PROTOCOL.md. */
export class MemoryDrive implements PinsDrive {
  readonly #path: string;
  #client: RawClient | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async line(line: string): Promise<void> {
    await this.lines([line]);
  }

  /** Sends them at once: together they are one bite, and no timer of the process runs between two of them. */
  async lines(lines: readonly string[]): Promise<void> {
    this.#client ??= new RawClient(this.#path);
    this.#client.send(`${lines.join('\n')}\n`);
    for (const line of lines) {
      const reply = (await this.#client.reply()) ?? 'closed';
      if (reply !== 'ok') throw new Error(`${line}: ${reply}`);
    }
  }

  level(input: string, level: 'high' | 'low'): Promise<void> {
    return this.line(`${input} ${level}`);
  }

  frame(reader: string, bits: string): Promise<void> {
    return this.line(`${reader}.wiegand ${bits.length} ${hexOf(bits)}`);
  }
}

/** As in `event wiegand`. */
export function hexOf(bits: string): string {
  return BigInt(`0b${bits}`)
    .toString(16)
    .padStart(Math.ceil(bits.length / 4), '0');
}

/** A process on lines in memory. */
export interface MemoryPins extends PinsProcess {
  readonly drive: MemoryDrive;
  readonly drivePath: string;
}

/** Starts the program and resolves when it listens; rejects with an Exit when it ends instead. */
export type StartPins = (options?: StartOptions) => Promise<PinsProcess>;

export interface Cleaner {
  teardown(task: () => void | Promise<void>): void;
}

/** A folder that goes when the test ends. */
export function makeFolder(t: Cleaner): string {
  const folder = mkdtempSync(join(tmpdir(), 'pins-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** `isMemory`: the program has lines in memory, which can be traced and driven. */
export function startWith(
  t: Cleaner,
  command: readonly string[],
  isMemory = true,
): (options?: StartOptions) => Promise<MemoryPins> {
  return async (options = {}) => {
    const folder = makeFolder(t);
    const socketPath = options.socketPath ?? join(folder, 'pins.sock');
    const tracePath = join(folder, 'trace');
    const [program = '', ...args] = command;
    const drivePath = join(folder, 'drive.sock');
    const optionsPath = join(folder, 'options');
    const writeOptions = (lines: readonly string[]) => writeFileSync(optionsPath, `${lines.join('\n')}\n`);
    args.push('--socket', socketPath);
    if (isMemory) args.push('--trace', tracePath, '--drive', drivePath);
    if (options.file !== undefined) {
      writeOptions(options.file);
      args.push('--options', optionsPath);
    } else {
      for (const output of options.outputs ?? [DOOR, LATHE]) args.push('--output', output);
      for (const input of options.inputs ?? []) args.push('--input', input);
      for (const reader of options.readers ?? []) args.push('--wiegand', reader);
    }
    for (const fault of options.faults ?? []) args.push('--fault', fault);
    return {
      ...(await launch(t, [program, ...args], socketPath)),
      drive: new MemoryDrive(drivePath),
      drivePath,
      writeOptions,
      trace: () =>
        readFileSync(tracePath, 'latin1')
          .split('\n')
          .slice(0, -1)
          .map((line) => line.split(' '))
          .map(([ns = '', output = '', level = '']) => ({ ns: BigInt(ns), output, level })),
    };
  };
}

/** A process that listens. */
type Launched = Pick<PinsProcess, 'socketPath' | 'child' | 'exit' | 'stop'>;

/** Starts a program with its words; rejects with an Exit when it ends instead of listening. */
export async function launch(t: Cleaner, words: readonly string[], socketPath: string): Promise<Launched> {
  const [program = '', ...args] = words;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  t.teardown(async () => {
    child.kill('SIGKILL');
    // Its folder goes next, and with a process that still writes there it would not.
    await exit;
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const exit = once(child, 'close').then(([code]) => ({ code: code as number | null, stderr }));
  const ready = once(createInterface({ input: child.stdout }), 'line');
  const first = await Promise.race([ready, exit]);
  if (!Array.isArray(first)) throw first;
  if (first[0] !== `ready ${socketPath}`) throw new Error(`unexpected first line: ${first[0]}`);
  return {
    socketPath,
    child,
    exit,
    stop(signal = 'SIGTERM') {
      child.kill(signal);
      return exit;
    },
  };
}

/** One raw connection: lines in, lines out, events kept apart from replies. */
export class RawClient {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  #in = '';
  #isClosed = false;
  readonly #replies: string[] = [];
  readonly #events: string[] = [];
  readonly #waiters: (() => void)[] = [];

  constructor(socketPath: string) {
    this.socket = connect(socketPath);
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text: string) => this.#hear(text));
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      this.socket.on('close', () => {
        this.#isClosed = true;
        this.#wake();
        resolve();
      });
    });
  }

  send(bytes: string | Uint8Array): void {
    if (typeof bytes === 'string') this.socket.write(bytes, 'latin1');
    else this.socket.write(bytes);
  }

  /** The next line that is no event; undefined when the connection has ended. */
  reply(): Promise<string | undefined> {
    return this.#next(this.#replies);
  }

  event(): Promise<string | undefined> {
    return this.#next(this.#events);
  }

  /** Events up to and with the first that matches. */
  async eventsUntil(pattern: RegExp): Promise<string[]> {
    const events: string[] = [];
    for (;;) {
      const event = await this.event();
      if (event === undefined) throw new Error(`the connection ended before ${pattern}: ${events.join('; ')}`);
      events.push(event);
      if (pattern.test(event)) return events;
    }
  }

  /** One request and the last line of its reply; only for requests without a body. */
  async ask(line: string): Promise<string> {
    this.send(`${line}\n`);
    return (await this.reply()) ?? 'closed';
  }

  /** One request and every line of its reply. */
  async askAll(line: string): Promise<string[]> {
    this.send(`${line}\n`);
    const lines: string[] = [];
    for (;;) {
      const reply = await this.reply();
      if (reply === undefined) return lines;
      lines.push(reply);
      if (/^(ok|error) /.test(reply)) return lines;
    }
  }

  async close(): Promise<void> {
    this.socket.destroy();
    await this.closed;
  }

  #hear(text: string): void {
    this.#in += text;
    const lines = this.#in.split('\n');
    this.#in = lines.pop() ?? '';
    for (const line of lines) (line.startsWith('event ') ? this.#events : this.#replies).push(line);
    this.#wake();
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }

  async #next(queue: string[]): Promise<string | undefined> {
    while (queue.length === 0 && !this.#isClosed) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
    return queue.shift();
  }
}

/** The fields of a `record` line. */
export function readRecord(line: string | undefined) {
  const [, seq = '', id = '', output = '', kind = '', onNs = '', offNs = '', end = '', owner = ''] = `${line}`.split(
    ' ',
  );
  return {
    seq: Number(seq),
    id,
    output,
    kind,
    onNs: BigInt(onNs),
    offNs: offNs === '-' ? 0n : BigInt(offNs),
    end,
    owner,
  };
}

/** Every remembered record, page by page. */
export async function allRecords(client: RawClient) {
  const records: ReturnType<typeof readRecord>[] = [];
  for (;;) {
    const page = (await client.askAll(`records ${records.at(-1)?.seq ?? 0}`)).slice(0, -1).map(readRecord);
    records.push(...page);
    if (page.length < 64) return records;
  }
}

/** `event off door a 1 123 timer` without its time. */
export function untimed(event: string): string {
  return event.replace(/ [0-9]{6,}/, '');
}

export function levels(trace: readonly { output: string; level: string }[], output: string): string[] {
  return trace.filter((one) => one.output === output).map((one) => one.level);
}
