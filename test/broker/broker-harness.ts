import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../src/base/ports.ts';
import { Broker } from '../../src/broker/broker.ts';
import { type Device, type Driver, hashPassword } from '../../src/broker/devices.ts';
import { Listener } from '../../src/broker/listener.ts';
import { Program } from '../node/program.ts';

/** A broker in this process with devices of its own, and real mosquitto clients around it. */

const SALT = '00'.repeat(16);
/** Every device's password. */
export const PASSWORD = 'open-sesame';

interface Cleaner {
  teardown(task: () => Promise<void>): void;
}

export function deviceRecord(driver: Driver, topic: string, plain = false): Device {
  return { driver, topic, plain, secret: { salt: SALT, hash: hashPassword(SALT, PASSWORD) } };
}

const realClock: Clock = {
  now: () => ({ wallMs: Date.now(), quality: 'synced' }),
  monotonicMs: () => Number(process.hrtime.bigint() / 1_000_000n),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};

export interface Said {
  readonly code?: string;
  readonly message: string;
}

export class BrokerScene {
  readonly folder = mkdtempSync(join(tmpdir(), 'blockmesh-broker-'));
  readonly devices = new Map<string, Device>();
  readonly said: Said[] = [];
  readonly doors = new Set<string>();
  readonly #programs: Program[] = [];
  #broker: Broker | null = null;
  #listeners: Listener[] = [];

  static async start(t: Cleaner): Promise<BrokerScene> {
    const scene = new BrokerScene();
    t.teardown(async () => {
      for (const program of scene.#programs) await program.kill();
      await scene.stop();
      rmSync(scene.folder, { recursive: true, force: true });
    });
    await scene.start();
    return scene;
  }

  get broker(): Broker {
    if (this.#broker === null) throw new Error('the broker does not run');
    return this.#broker;
  }

  /** Of the loopback listener, or the one for plain devices. */
  port(way: 'loopback' | 'plain' = 'loopback'): number {
    const state = this.#listeners.map((one) => one.describe()).find((one) => one.way === way);
    if (state === undefined) throw new Error(`nothing listens for ${way}`);
    return state.port;
  }

  async start(): Promise<void> {
    const log = {
      info: () => {},
      warn: (fields: object, message: string) => void this.said.push({ ...fields, message }),
    };
    const broker = new Broker({
      storePath: join(this.folder, 'broker.db'),
      book: { find: (name) => this.devices.get(name) ?? null },
      context: { base: 'blockmesh', isOurs: (name) => this.doors.has(name) },
      clock: realClock,
      randomness: { bytes: (length) => new Uint8Array(randomBytes(length)) },
      log,
    });
    await broker.start();
    this.#broker = broker;
    const { admission, drops, backlog } = broker;
    for (const way of ['loopback', 'plain'] as const) {
      const listener = new Listener({
        way,
        host: () => '127.0.0.1',
        port: 0,
        clock: realClock,
        log,
        drops,
        admission,
        backlog,
        onConnection: (connection, ticket) => broker.serve(connection, ticket),
      });
      await listener.start();
      this.#listeners.push(listener);
    }
  }

  async stop(): Promise<void> {
    for (const listener of this.#listeners) await listener.stop();
    this.#listeners = [];
    await this.#broker?.stop();
    this.#broker = null;
  }

  /** A mosquitto client of a device. */
  mosquitto(program: 'pub' | 'sub', device: string, words: readonly string[], port = this.port()): Program {
    const login = ['-h', '127.0.0.1', '-p', String(port), '-u', device, '-P', PASSWORD];
    // Line by line: what it says tells us how far it is.
    const command = ['-oL', `mosquitto_${program}`, ...login, ...words];
    const child: ChildProcess = spawn('stdbuf', command, { stdio: ['ignore', 'pipe', 'pipe'] });
    const started = new Program(child);
    this.#programs.push(started);
    return started;
  }

  /** Publishes and is done when that is acknowledged. @returns its exit code. */
  async publish(device: string, topic: string, payload: string, ...words: readonly string[]): Promise<number | null> {
    const { code } = await this.mosquitto('pub', device, ['-t', topic, '-m', payload, ...words]).exited;
    return code;
  }

  /** A subscriber that prints `topic payload`; resolves when it is subscribed. */
  async subscriber(device: string, filters: readonly string[], ...words: readonly string[]): Promise<Program> {
    const named = filters.flatMap((filter) => ['-t', filter]);
    const program = this.mosquitto('sub', device, ['-d', '-F', '%t %p', ...named, ...words]);
    await program.line((line) => line.startsWith('Subscribed'));
    return program;
  }
}
