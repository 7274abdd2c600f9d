import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type MqttClient } from 'mqtt';
import type { JsonObject } from '../../../src/base/json.ts';
import { Program, untilFound, WAIT_MS } from '../program.ts';
import type { TestSpace } from '../space-harness.ts';

/** Real MQTT clients of a space's node, over TLS with its CA. */

interface Listening extends JsonObject {
  readonly way: string;
  readonly port: number;
  readonly isListening: boolean;
}

export async function brokerOf(space: TestSpace): Promise<JsonObject> {
  const control = await space.control();
  const status = (await control.call('node.status', {}, WAIT_MS)) as JsonObject;
  control.close();
  return status.broker as JsonObject;
}

export async function listeningPort(space: TestSpace, way: string): Promise<number> {
  return await untilFound(async () => {
    const { listeners } = (await brokerOf(space)) as unknown as { readonly listeners: readonly Listening[] };
    return listeners.find((one) => one.way === way && one.isListening)?.port;
  }, `the broker listens: ${way}`);
}

export class MqttClients {
  readonly #space: TestSpace;
  readonly #port: number;
  readonly #passwords = new Map<string, string>();
  readonly #cleaner: { teardown(task: () => Promise<unknown>): void };

  /** The node runs. */
  static async of(
    t: { teardown(task: () => Promise<unknown>): void },
    space: TestSpace,
    way = 'tls',
  ): Promise<MqttClients> {
    const port = await listeningPort(space, way);
    const { stdout } = await space.cli('device', 'ca');
    writeFileSync(join(space.folder, 'ca.pem'), stdout);
    return new MqttClients(t, space, port);
  }

  private constructor(t: { teardown(task: () => Promise<unknown>): void }, space: TestSpace, port: number) {
    this.#cleaner = t;
    this.#space = space;
    this.#port = port;
  }

  /** Those of the same node started again, which may listen elsewhere; they know the passwords that these know. */
  again(others: MqttClients): MqttClients {
    for (const [device, password] of this.#passwords) others.setPassword(device, password);
    return others;
  }

  setPassword(device: string, password: string): void {
    this.#passwords.set(device, password);
  }

  async add(device: string, ...words: readonly string[]): Promise<JsonObject> {
    const { stdout, stderr } = await this.#space.cli('device', 'add', device, '--json', ...words);
    if (stdout === '') throw new Error(stderr);
    const added = JSON.parse(stdout) as JsonObject;
    this.setPassword(device, String(added.password));
    return added;
  }

  /** A mosquitto client, whose lines come one by one. */
  mosquitto(program: 'pub' | 'sub', device: string, words: readonly string[], isPlain = false): Program {
    const login = ['-p', String(this.#port), '-u', device, '-P', this.#passwords.get(device) ?? ''];
    const trust = isPlain ? ['-h', '127.0.0.1'] : ['-h', 'localhost', '--cafile', join(this.#space.folder, 'ca.pem')];
    const command = ['-oL', `mosquitto_${program}`, ...login, ...trust, ...words];
    const child: ChildProcess = spawn('stdbuf', command, { stdio: ['ignore', 'pipe', 'pipe'] });
    const started = new Program(child);
    this.#cleaner.teardown(() => started.kill());
    return started;
  }

  /** @returns the exit code. */
  async publish(device: string, topic: string, payload: string, ...words: readonly string[]): Promise<number | null> {
    return (await this.mosquitto('pub', device, ['-t', topic, '-m', payload, ...words]).exited).code;
  }

  /** Prints `topic payload`, with `retained ` before it where it is an old one; resolves when it is subscribed. */
  async subscriber(device: string, filter: string, ...words: readonly string[]): Promise<Program> {
    const program = this.mosquitto('sub', device, ['-d', '-F', 'got %r %t %p', '-t', filter, ...words]);
    await program.line((line) => line.startsWith('Subscribed'));
    return program;
  }

  /** A client that keeps its session, and comes back by itself. */
  session(device: string, name: string): MqttClient {
    const client = connect(`mqtts://localhost:${this.#port}`, {
      username: device,
      password: this.#passwords.get(device) ?? '',
      clientId: name,
      clean: false,
      reconnectPeriod: 50,
      ca: readFileSync(join(this.#space.folder, 'ca.pem')),
    });
    client.on('error', () => {});
    this.#cleaner.teardown(() => client.endAsync(true));
    return client;
  }
}
