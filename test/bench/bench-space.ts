import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ENGINE_FLAGS } from '../../src/cli/engine-flags.ts';
import { readEnvironment } from '../../src/cli/environment.ts';
import { openSession, type Session } from '../../src/cli/session.ts';
import { encodeFrame } from '../../src/devices/rdm6300/frame.ts';
import { pinsArguments } from '../../src/node/pins-arguments.ts';
import { readConfig } from '../../src/node/read-config.ts';
import { Programs } from './programs.ts';

export const RELEASE = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const VIRTUAL_PINS = [process.execPath, join(RELEASE, 'src/devices/pins/virtual-main.ts')];

/** The shortest a door opens. */
export const OPEN_MS = 100;
/** The output of the door, and one that belongs to the yardstick. */
export const DOOR_OUTPUT = 'front-strike';
export const BARE_OUTPUT = 'bare-strike';

const MEMBER = 'Ada Lovelace';
const CARDS = 8;

/** The door that a bench has when it names none. */
const FRONT = ['front'];

interface SpaceShape {
  /** Door NAME has the reader NAME-reader, on a pair of pseudo-terminals, and the output NAME-strike. */
  readonly doors?: readonly string[];
  /** What the node's log holds. */
  readonly logLevel?: 'info' | 'warn';
}

/** A whole space with its doors: readers on pseudo-terminals, a pins process and a node, each its own process. */
export class BenchSpace {
  readonly folder: string;
  readonly programs = new Programs();
  readonly doors: readonly string[];
  readonly #pins: readonly string[];
  readonly #config: string;

  /** @param pins the command of the pins process, without its options. */
  constructor(folder: string, pins: readonly string[], { doors = FRONT, logLevel = 'info' }: SpaceShape = {}) {
    this.folder = folder;
    this.doors = doors;
    this.#pins = pins;
    this.#config = configOf(doors, logLevel);
  }

  get pinsSocket(): string {
    return join(this.folder, 'run/pins.sock');
  }

  /** Where a card's bytes are written for the door that is there when none is named. */
  get feed(): string {
    return this.feedOf('front');
  }

  feedOf(door: string): string {
    return `${this.#portOf(door)}.feed`;
  }

  get nodeLog(): string {
    return this.log('node');
  }

  log(name: string): string {
    return `${this.folder}.${name}.log`;
  }

  async found(): Promise<void> {
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(join(this.folder, 'blockmesh.toml'), this.#config);
    const names = ['--name', 'Bench', '--founder', 'Ada', '--node-name', 'bench'];
    const words = ['init', '--folder', this.folder, ...names, '--key-file', `${this.folder}.founder.json`];
    await this.programs.run('blockmesh init', blockmesh(words), this.log('init'));
  }

  /** Adds a member with her cards, and the door; once, while the node runs. */
  async furnish(): Promise<void> {
    const session = await openSession(this.folder, readEnvironment(process.env));
    try {
      await furnish(session);
    } finally {
      await session.close();
    }
  }

  /** Starts reader lines, pins and node. @returns the node's process id. */
  async start(): Promise<number> {
    return (await this.startTimed()).pid;
  }

  /** As `start`, with how long the node took to its open socket. */
  async startTimed(): Promise<{ readonly pid: number; readonly startMs: number }> {
    const { programs, folder } = this;
    for (const door of this.doors) await this.startLine(`${door}-reader`, this.#portOf(door), this.feedOf(door));
    const pins = [...this.#pins, ...pinsArguments(readConfig(folder))];
    await programs.startUntil('pins', pins, this.log('pins'), this.pinsSocket);
    const run = blockmesh(['run', '--folder', folder]);
    // The control socket comes last: the reader is open when it is there.
    const socket = join(folder, 'run/node.sock');
    const beganMs = performance.now();
    const node = await programs.startUntil('the node', run, this.nodeLog, socket);
    return { pid: node.pid ?? 0, startMs: performance.now() - beganMs };
  }

  /** A pair of pseudo-terminals: what is written to `feed` is read at `port`. */
  async startLine(name: string, port: string, feed: string): Promise<void> {
    const end = (path: string) => `PTY,raw,echo=0,link=${path}`;
    await this.programs.startUntil(`socat of ${name}`, ['socat', end(feed), end(port)], this.log(name), port);
  }

  #portOf(door: string): string {
    return join(this.folder, `run/${door}-reader`);
  }
}

/** `blockmesh.toml` of a space whose doors are on virtual lines. */
export function configOf(doors: readonly string[], logLevel: string): string {
  const sections = doors.flatMap((door) => [
    `[reader.${door}-reader]`,
    'driver = "rdm6300"',
    `port = "run/${door}-reader"`,
    `feed = "run/${door}-reader.feed"`,
    ...outputSection(`${door}-strike`),
  ]);
  const node = ['[node]', 'name = "bench"', 'clock = "trusted"', '[log]', `level = "${logLevel}"`];
  // As a board has it, at a port that is free.
  const broker = ['[broker]', 'port = 0', 'loopback_port = 0'];
  return [...node, ...broker, ...sections, ...outputSection(BARE_OUTPUT), ''].join('\n');
}

function outputSection(name: string): readonly string[] {
  return [`[output.${name}]`, 'chip = "virtual"', `line = "${name}"`];
}

async function furnish(session: Session): Promise<void> {
  await session.call('member.add', { name: MEMBER });
  for (let card = 0; card < CARDS; card += 1) {
    await session.call('badge.enrol', { member: MEMBER, number: `dec:${cardNumber(card)}` });
  }
  const door = { door: 'front-door', reader: 'front-reader', output: DOOR_OUTPUT, openMs: OPEN_MS, bits: 32 };
  await session.call('door.add', door);
}

/** The bytes that a reader sends for the badge at `position` of a sequence: no card twice in a row. */
export function frameOf(position: number): Uint8Array {
  return encodeFrame(BigInt(cardNumber(position % CARDS)));
}

function cardNumber(card: number): number {
  return 9_362_416 + card;
}

/** The command line of one `blockmesh` command. */
export function blockmesh(words: readonly string[]): readonly string[] {
  return [process.execPath, ...ENGINE_FLAGS, join(RELEASE, 'src/cli/main.ts'), ...words];
}
