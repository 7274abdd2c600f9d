import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { JsonObject } from '../../../src/base/json.ts';
import { Program, untilFound, WAIT_MS } from '../program.ts';
import { TestSpace } from '../space-harness.ts';

const ANY_PORT = '[broker]\nport = 0\nloopback_port = 0';

interface Listening extends JsonObject {
  readonly way: string;
  readonly port: number;
  readonly isListening: boolean;
}

async function brokerOf(space: TestSpace): Promise<JsonObject> {
  const control = await space.control();
  const status = (await control.call('node.status', {}, WAIT_MS)) as JsonObject;
  control.close();
  return status.broker as JsonObject;
}

/** The port on which the running node of `space` speaks TLS. */
async function tlsPort(space: TestSpace): Promise<number> {
  return await untilFound(async () => {
    const { listeners } = (await brokerOf(space)) as unknown as { readonly listeners: readonly Listening[] };
    return listeners.find(({ way, isListening }) => way === 'tls' && isListening)?.port;
  }, 'the broker listens');
}

class Mosquitto {
  readonly #space: TestSpace;
  readonly #port: number;
  readonly #passwords: Readonly<Record<string, string>>;

  constructor(space: TestSpace, port: number, passwords: Readonly<Record<string, string>>) {
    this.#space = space;
    this.#port = port;
    this.#passwords = passwords;
  }

  start(program: 'pub' | 'sub', device: string, words: readonly string[]): Program {
    const login = ['-h', 'localhost', '-p', String(this.#port), '-u', device, '-P', this.#passwords[device] ?? ''];
    const trust = ['--cafile', join(this.#space.folder, 'ca.pem')];
    const command = ['-oL', `mosquitto_${program}`, ...login, ...trust, ...words];
    return new Program(spawn('stdbuf', command, { stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  async publish(device: string, topic: string, payload: string, ...words: readonly string[]): Promise<number | null> {
    return (await this.start('pub', device, ['-t', topic, '-m', payload, ...words]).exited).code;
  }
}

t.test('a device over TLS with the CA of the board, its password, and its end', async (t) => {
  const space = await TestSpace.make(t, { doors: ['front'], config: ANY_PORT });
  const early = await space.cli('device', 'ca');
  t.match(early, { code: 1, stderr: /ca_missing/ });
  await space.startPins();
  await space.startNode();
  const port = await tlsPort(space);
  const ca = await space.cli('device', 'ca');
  t.match(ca.stdout, /^-----BEGIN CERTIFICATE-----/);
  writeFileSync(join(space.folder, 'ca.pem'), ca.stdout);
  const added = JSON.parse((await space.cli('device', 'add', 'lamp', '--json')).stdout) as JsonObject;
  t.match(added, { device: 'lamp', driver: 'generic', topic: 'lamp', plain: false, password: /^[a-z2-7]{32}$/ });
  const mosquitto = new Mosquitto(space, port, { lamp: String(added.password), nobody: 'x' });
  const lamp = mosquitto.start('sub', 'lamp', ['-d', '-F', '%t %p', '-t', 'blockmesh/lamp/#']);
  t.teardown(() => lamp.kill());
  await lamp.line((line) => line.startsWith('Subscribed'));
  t.equal(await mosquitto.publish('lamp', 'blockmesh/lamp', 'on', '-q', '1'), 0);
  await lamp.line((line) => line === 'blockmesh/lamp on');
  t.not(await mosquitto.publish('nobody', 'blockmesh/lamp', 'off'), 0);
  const list = JSON.parse((await space.cli('device', 'list', '--json')).stdout) as JsonObject;
  t.match(list, { devices: [{ device: 'lamp', driver: 'generic', connected: true }] });
  t.notMatch(JSON.stringify(list), /secret|hash/);
  t.match((await space.cli('status')).stdout, /mqtt .*\n {2}port \d+ \(TLS\) on ::\n {2}lamp: connected \(tls\)/);
  const rotated = JSON.parse((await space.cli('device', 'rotate', 'lamp', '--json')).stdout) as JsonObject;
  t.not(rotated.password, added.password);
  await lamp.exited;
  t.match(lamp.stderr, /connection was lost/, 'cut off at once');
  t.not(await mosquitto.publish('lamp', 'blockmesh/lamp', 'off'), 0, 'the old password is nothing any more');
  t.match(await space.cli('device', 'remove', 'lamp'), { code: 0, stdout: 'lamp is removed\n' });
  t.match(await space.cli('device', 'remove', 'lamp'), { code: 1, stderr: /no_such_mqtt_device/ });
});
