import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { constants, open } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import type { JsonObject } from '../../src/base/json.ts';
import { ENGINE_FLAGS } from '../../src/cli/engine-flags.ts';
import { connectPins, type PinsClient } from '../../src/devices/pins/client.ts';
import type { PinsOutputEvent } from '../../src/devices/pins/events.ts';
import { RpcPeer } from '../../src/sandbox/peer.ts';
import { plugIn } from './plug-in.ts';
import { Program, signalIfThere, until, WAIT_MS } from './program.ts';

/** A space in a folder of its own, with everything around it that a board has, all of it real processes. */

const RELEASE = join(import.meta.dirname, '../..');
const MAIN = join(RELEASE, 'src/cli/main.ts');
export const VIRTUAL_PINS = join(RELEASE, 'src/devices/pins/virtual-main.ts');
export const DAPPS = join(RELEASE, 'dapps');

/** 10 bits of 8N1 at 9600 baud, rounded up. */
const BYTE_MS = 2;

interface Cleaner {
  teardown(task: () => Promise<void>): void;
}

interface SpaceOptions {
  /** What Node runs as the command and as the virtual pins; absent: the sources. */
  readonly programs?: { readonly blockmesh: string; readonly virtualPins: string };
  /** A program that takes the options of blockmesh-pins; absent: the virtual twin. */
  readonly pinsProgram?: string;
  /** Door NAME has NAME-reader, whose line is a pair of pseudo-terminals, and NAME-strike. */
  readonly doors: readonly string[];
  /** The driver of the reader of a door, where it is another than `rdm6300`. */
  readonly drivers?: Readonly<Record<string, string>>;
  /** The longest time on of the output of a door, where it is another than the usual one. */
  readonly longestMs?: Readonly<Record<string, number>>;
  /** Doors that also have the inputs NAME-exit, NAME-contact, NAME-tamper and NAME-bell. */
  readonly wired?: readonly string[];
  /** Doors whose output has the input NAME-feedback, which may lag `feedbackMs`. */
  readonly fedBack?: readonly string[];
  /** 100 when absent. */
  readonly feedbackMs?: number;
  /** Further sections of blockmesh.toml. */
  readonly config?: string;
}

interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Reads the log of a running node, each row once. */
export class LogReader {
  readonly rows: LogRow[] = [];
  readonly #control: RpcPeer;
  #cursor: JsonObject = { position: 0 };

  constructor(control: RpcPeer) {
    this.#control = control;
  }

  /** Every row there is now. */
  async catchUp(): Promise<readonly LogRow[]> {
    while ((await this.#page('log.read')) > 0);
    return this.rows;
  }

  /** The first row from number `from` on that `wanted` picks, there already or yet to come. */
  async row(wanted: (row: LogRow) => boolean, from = this.rows.length): Promise<LogRow> {
    const endMs = performance.now() + WAIT_MS;
    for (;;) {
      const row = this.rows.slice(from).find(wanted);
      if (row !== undefined) return row;
      if (performance.now() > endMs) throw new Error(`no such row came: ${wanted}`);
      await this.#page('log.follow');
    }
  }

  async #page(method: string): Promise<number> {
    const page = (await this.#control.call(method, this.#cursor, WAIT_MS)) as unknown as LogPage;
    this.rows.push(...page.rows);
    this.#cursor = page.cursor;
    return page.rows.length;
  }
}

export interface LogRow {
  readonly kind: string;
  readonly block: string;
  readonly body: JsonObject;
  readonly outcome: JsonObject;
}

interface LogPage {
  readonly rows: readonly LogRow[];
  readonly cursor: JsonObject;
}

/** Starts a program that goes when this process goes, however that ends: a test that is stopped leaves nothing running. */
function start(file: string, words: readonly string[], options: { env?: NodeJS.ProcessEnv; detached?: boolean } = {}) {
  const bound = ['--pdeathsig', 'KILL', file, ...words];
  return spawn('setpriv', bound, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
}

export class TestSpace {
  readonly folder: string;
  readonly #root: string;
  readonly #options: SpaceOptions;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #programs: Program[] = [];
  readonly #pinsClients: PinsClient[] = [];
  #pinsProcess: Program | null = null;

  private constructor(options: SpaceOptions) {
    this.#root = mkdtempSync(join(tmpdir(), 'blockmesh-'));
    this.folder = join(this.#root, 'space');
    this.#options = options;
    // The node hands its PATH down to every dapp, so this name marks whatever one of this space's nodes started.
    this.#environment = { ...process.env, PATH: `${process.env.PATH}:${join(this.#root, 'mark')}` };
  }

  /** Founds the space and plugs its readers in. Pins process and node are not started. */
  static async make(t: Cleaner, options: SpaceOptions): Promise<TestSpace> {
    const space = new TestSpace(options);
    t.teardown(() => space.#clear());
    mkdirSync(space.folder);
    writeFileSync(join(space.folder, 'blockmesh.toml'), configFor(options));
    const keyFile = join(space.#root, 'founder.json');
    const words = ['init', '--name', 'Test space', '--founder', 'Fay', '--node-name', 'board', '--key-file', keyFile];
    const { code, stderr } = await space.cli(...words);
    if (code !== 0) throw new Error(`init failed: ${stderr}`);
    await Promise.all(options.doors.map((door) => space.plugIn(door)));
    return space;
  }

  get #main(): string {
    return this.#options.programs?.blockmesh ?? MAIN;
  }

  /** Runs one `blockmesh` command to its end. */
  async cli(...words: readonly string[]): Promise<CliResult> {
    const child = start(process.execPath, [...ENGINE_FLAGS, this.#main, ...words], {
      env: { ...this.#environment, BLOCKMESH_FOLDER: this.folder },
    });
    const program = this.#keep(child);
    const texts = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      texts.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      texts.stderr += text;
    });
    const { code } = await program.exited;
    return { code, ...texts };
  }

  /** Starts one `blockmesh` command, or another script of ours, that stays. It leads a session, as a service does. */
  launch(words: readonly string[], script = this.#main): Program {
    const child = start(process.execPath, [...ENGINE_FLAGS, script, ...words], {
      env: { ...this.#environment, BLOCKMESH_FOLDER: this.folder },
      detached: true,
    });
    return this.#keep(child);
  }

  /** Resolves when the node runs and, where the pins process of this space does, has found it: at the second try too. */
  async startNode(): Promise<Program> {
    const node = this.launch(['run']);
    await node.logged('node running');
    if (this.#pinsProcess?.hasEnded === false) await node.logged('pins process connected');
    return node;
  }

  /** Resolves when it listens. */
  async startPins(): Promise<Program> {
    const { code, stderr } = await this.cli('pins', 'options', '--file');
    if (code !== 0) throw new Error(`pins options: ${stderr}`);
    const run = join(this.folder, 'run');
    const options = ['--socket', join(run, 'pins.sock'), '--options', join(run, 'pins.options')];
    const { pinsProgram, programs } = this.#options;
    const virtual = programs?.virtualPins ?? VIRTUAL_PINS;
    const [file, words] =
      pinsProgram === undefined
        ? [process.execPath, [virtual, ...options, '--drive', this.#drivePath]]
        : [pinsProgram, options];
    const pins = this.#keep(start(file, words));
    await pins.line((line) => line.startsWith('ready '));
    this.#pinsProcess = pins;
    return pins;
  }

  /** Moves lines of the virtual pins process, as `front-exit low`; all of them at once. */
  async drive(...lines: readonly string[]): Promise<void> {
    const socket = connect(this.#drivePath);
    const answers = createInterface({ input: socket });
    socket.write(lines.map((line) => `${line}\n`).join(''));
    let left = lines.length;
    for await (const answer of answers) {
      if (answer !== 'ok') throw new Error(`${lines.join(', ')}: ${answer}`);
      left -= 1;
      if (left === 0) break;
    }
    socket.destroy();
    if (left > 0) throw new Error(`${lines.join(', ')}: no answer`);
  }

  get #drivePath(): string {
    return join(this.folder, 'run/drive');
  }

  /** A second client of the pins process, beside the node; it is told what outputs do, and waits as tests wait. */
  async pins(onEvent: (event: PinsOutputEvent) => void = () => {}): Promise<PinsClient> {
    const pins = await connectPins({ socketPath: join(this.folder, 'run/pins.sock'), replyTimeoutMs: WAIT_MS });
    this.#pinsClients.push(pins);
    await pins.watch((event) => {
      if (event.type === 'output') onEvent(event);
    });
    return pins;
  }

  /** The connection the CLI has to a running node. */
  async control(): Promise<RpcPeer> {
    const socket = connect(join(this.folder, 'run/node.sock'));
    await once(socket, 'connect');
    return new RpcPeer({ input: socket, output: socket, handlers: {}, notified: () => {} });
  }

  /** Sends bytes as the reader of `door` would, at the pace of its line or all at once. */
  async send(door: string, bytes: Uint8Array, isPaced = true): Promise<void> {
    await using line = await open(join(this.folder, `run/${door}.feed`), constants.O_RDWR | constants.O_NOCTTY);
    if (!isPaced) {
      await line.write(bytes);
      return;
    }
    for (const byte of bytes) {
      await line.write(Uint8Array.of(byte));
      await pause(BYTE_MS);
    }
  }

  /** Node processes of this space and all that they have started, dead nodes included, that live now. */
  living(): readonly { readonly pid: number; readonly command: string; readonly cwd: string }[] {
    const mark = join(this.#root, 'mark');
    return readdirSync('/proc').flatMap((name) => {
      if (!/^\d+$/.test(name)) return [];
      const read = (file: string) => readFileSync(`/proc/${name}/${file}`, 'utf8');
      try {
        if (!read('environ').includes(mark)) return [];
        const command = read('cmdline').split('\0').join(' ').trim();
        return [{ pid: Number(name), command, cwd: readlinkSync(`/proc/${name}/cwd`) }];
      } catch {
        // It ended meanwhile, or is another user's.
        return [];
      }
    });
  }

  #keep(child: ChildProcess): Program {
    const program = new Program(child);
    this.#programs.push(program);
    return program;
  }

  /** The line of NAME-reader, for a reader that the configuration gets later. */
  async plugIn(door: string): Promise<void> {
    const end = (name: string) => `PTY,raw,echo=0,link=${join(this.folder, 'run', name)}`;
    const words = ['-d', '-d', end(door), end(`${door}.feed`)];
    await plugIn(this.#keep(start('socat', words)));
  }

  async #clear(): Promise<void> {
    for (const pins of this.#pinsClients) await pins.close();
    for (const program of this.#programs.reverse()) await program.kill();
    // What dead nodes had started ends by itself, and meanwhile may have; who still writes keeps a folder from going.
    await until(
      () => {
        const left = this.living();
        for (const { pid } of left) signalIfThere(pid, 'SIGKILL');
        return left.length === 0;
      },
      () => `nothing is left of it: ${JSON.stringify(this.living())}`,
    );
    rmSync(this.#root, { recursive: true, force: true });
  }
}

function configFor({
  doors,
  drivers = {},
  longestMs = {},
  wired = [],
  fedBack = [],
  feedbackMs = 100,
  config = '',
}: SpaceOptions): string {
  const sections = doors.flatMap((door) => [
    `[reader.${door}-reader]`,
    `driver = "${drivers[door] ?? 'rdm6300'}"`,
    `port = "run/${door}"`,
    `feed = "run/${door}.feed"`,
    `[output.${door}-strike]`,
    'chip = "virtual"',
    `line = "${door}"`,
    ...(longestMs[door] === undefined ? [] : [`longest_ms = ${longestMs[door]}`]),
    ...(fedBack.includes(door) ? [`feedback = "${door}-feedback"`, `feedback_ms = ${feedbackMs}`] : []),
  ]);
  const inputs = [
    ...wired.flatMap((door) => ['exit', 'tamper', 'bell'].map((use) => `${door}-${use}`)),
    ...fedBack.map((door) => `${door}-feedback`),
  ];
  const wires = [
    ...inputs.flatMap((name) => [`[input.${name}]`, 'chip = "virtual"', `line = "${name}"`]),
    // High, as a line that nothing pulls down, says open.
    ...wired.flatMap((door) => [
      ...[`[input.${door}-contact]`, 'chip = "virtual"', `line = "${door}-contact"`, 'active = "high"'],
      'bias = "pull-down"',
    ]),
  ];
  // Ports are for those who ask for them: tests run side by side.
  const broker = config.includes('[broker]') ? [] : ['[broker]', 'enabled = false'];
  return ['[node]', 'name = "board"', 'clock = "trusted"', ...sections, ...wires, ...broker, config, ''].join('\n');
}

export interface TestDoor {
  readonly name: string;
  readonly openMs: number;
}

/** Adds a member Ada with these cards, and the doors, through a running node. */
export async function furnish(space: TestSpace, doors: readonly TestDoor[], cards: readonly string[]): Promise<void> {
  const control = await space.control();
  await control.call('member.add', { name: 'Ada' }, WAIT_MS);
  for (const number of cards) await control.call('badge.enrol', { member: 'Ada', number }, WAIT_MS);
  for (const { name, openMs } of doors) {
    const door = { door: name, reader: `${name}-reader`, output: `${name}-strike`, openMs, bits: 32 };
    await control.call('door.add', door, WAIT_MS);
  }
  control.close();
}
