import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { getPriority } from 'node:os';
import t from 'tap';
import type { JsonObject } from '../../../src/base/json.ts';
import { freePort } from '../free-port.ts';
import { untilFound } from '../program.ts';
import { TestSpace } from '../space-harness.ts';
import { brokerOf, listeningPort, MqttClients } from './mqtt-client.ts';

const ANY_PORT = '[broker]\nport = 0\nloopback_port = 0';

/** The niceness of a thread of a node; null: it has ended. */
function nicenessOf(pid: number, thread: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1');
    // The 19th field; the second one, a name, may have blanks.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  } catch {
    return null;
  }
}

/** Of all threads but the one that reads badges. Their numbers may be lower than its own, when numbers begin anew. */
function nicenessOfOthers(pid: number): readonly (number | null)[] {
  const threads = readdirSync(`/proc/${pid}/task`).map(Number);
  return threads.filter((thread) => thread !== pid).map((thread) => nicenessOf(pid, thread));
}

t.test('a device over TLS with the CA of the board, its password, and its end', async (t) => {
  const space = await TestSpace.make(t, { doors: ['front'], config: ANY_PORT });
  t.match(await space.cli('device', 'ca'), { code: 1, stderr: /ca_missing/ });
  await space.startPins();
  const node = await space.startNode();
  const clients = await MqttClients.of(t, space);
  t.match((await space.cli('device', 'ca')).stdout, /^-----BEGIN CERTIFICATE-----/);
  t.equal(nicenessOf(node.pid, node.pid), getPriority());
  // Whoever runs these tests behind all others may not be allowed to put a thread of theirs before them.
  t.ok(getPriority() >= 10 || nicenessOfOthers(node.pid).includes(10), 'doors come before MQTT');
  const added = await clients.add('lamp');
  t.match(added, { device: 'lamp', driver: 'generic', topic: 'lamp', plain: false, password: /^[a-z2-7]{32}$/ });
  await clients.add('fan');
  const door = ['--reader', 'front-reader', '--output', 'front-strike'];
  t.match(
    await space.cli('door', 'add', 'fan', ...door),
    { code: 1, stderr: /door_is_device/ },
    'it would fall silent',
  );
  clients.setPassword('nobody', 'x');
  const lamp = await clients.subscriber('lamp', 'blockmesh/lamp/#');
  t.equal(await clients.publish('fan', 'blockmesh/lamp', 'not mine', '-q', '1'), 0, 'acknowledged, and thrown away');
  t.equal(await clients.publish('lamp', 'blockmesh/lamp', 'on', '-q', '1'), 0);
  await lamp.line((line) => line === 'got 0 blockmesh/lamp on');
  t.notOk(lamp.lines.some((line) => line.includes('not mine')));
  t.not(await clients.publish('nobody', 'blockmesh/lamp', 'off'), 0);
  const list = JSON.parse((await space.cli('device', 'list', '--json')).stdout) as JsonObject;
  t.match(list, { devices: [{ device: 'fan' }, { device: 'lamp', driver: 'generic', connected: true }] });
  t.notMatch(JSON.stringify(list), /secret|hash/);
  t.match(
    (await space.cli('status')).stdout,
    /mqtt .*\n {2}port \d+ \(TLS\) on ::\n {2}lamp: connected \(tls\)\n {2}drop/,
  );
  const rotated = JSON.parse((await space.cli('device', 'rotate', 'lamp', '--json')).stdout) as JsonObject;
  t.not(rotated.password, added.password);
  await lamp.exited;
  t.match(lamp.stderr, /connection was lost|bad user name/, 'cut off at once');
  t.not(await clients.publish('lamp', 'blockmesh/lamp', 'off'), 0, 'the old password is nothing any more');
  clients.setPassword('lamp', String(rotated.password));
  // What the node itself keeps retained is there already.
  const { retained } = await brokerOf(space);
  t.equal(await clients.publish('lamp', 'blockmesh/lamp', 'bye', '-q', '1', '-r'), 0);
  t.match(await brokerOf(space), { retained: Number(retained) + 1 });
  t.match(await space.cli('device', 'remove', 'lamp'), { code: 0, stdout: 'lamp is removed\n' });
  await untilFound(
    async () => (await brokerOf(space)).retained === retained || undefined,
    'what it retained goes with it',
  );
  t.match(await space.cli('device', 'remove', 'lamp'), {
    code: 1,
    stderr: /no_such_mqtt_device\W+blockmesh device list/,
  });
  t.match(await space.cli('device', 'add', 'fan'), { code: 1, stderr: /mqtt_device_exists[\s\S]*device rotate/ });
  t.match(await space.cli('device', 'add', 'vent', '--topic', 'x'), { code: 1, stderr: /topic_fixed[\s\S]*--driver/ });
  t.match(await space.cli('device', 'add', 'vent'), { code: 0, stdout: /its topics begin with BASE\/vent\// });
});

t.test(
  'a client that dies is offline, retained also over the death of the node, and so is who died with it',
  async (t) => {
    const config = `[broker]\nport = ${await freePort()}\nloopback_port = 0`;
    const space = await TestSpace.make(t, { doors: ['front'], config });
    await space.startPins();
    const node = await space.startNode();
    const clients = await MqttClients.of(t, space);
    await clients.add('home', '--driver', 'homeassistant');
    for (const device of ['lamp', 'fan']) await clients.add(device);
    const will = (device: string) => {
      const topic = `blockmesh/${device}/availability`;
      return ['--will-topic', topic, '--will-payload', 'offline', '--will-retain', '--will-qos', '1'];
    };
    const home = await clients.subscriber('home', 'blockmesh/+/availability');
    const lamp = await clients.subscriber('lamp', 'blockmesh/lamp/#', ...will('lamp'));
    t.equal(await clients.publish('lamp', 'blockmesh/lamp/availability', 'online', '-r', '-q', '1'), 0);
    await home.line((line) => line === 'got 0 blockmesh/lamp/availability online');
    const thief = await clients.subscriber('fan', 'blockmesh/fan', ...will('lamp'));
    await thief.kill();
    await lamp.kill();
    await home.line((line) => line === 'got 0 blockmesh/lamp/availability offline');
    t.equal(home.lines.filter((line) => line.endsWith('offline')).length, 1, 'a will for another is none');
    t.equal(await clients.publish('fan', 'blockmesh/fan/availability', 'online', '-r', '-q', '1'), 0);
    await clients.subscriber('fan', 'blockmesh/fan/#', ...will('fan'));
    await node.kill();
    await space.startNode();
    await listeningPort(space, 'tls');
    const again = await clients.subscriber('home', 'blockmesh/+/availability');
    for (const device of ['fan', 'lamp']) {
      await again.line((line) => line === `got 1 blockmesh/${device}/availability offline`);
    }
  },
);

t.test('what the agent of a door says reaches who may hear it', async (t) => {
  const space = await TestSpace.make(t, { doors: ['front'], config: ANY_PORT });
  await space.startPins();
  await space.startNode();
  const clients = await MqttClients.of(t, space);
  await clients.add('home', '--driver', 'homeassistant');
  const home = await clients.subscriber('home', 'blockmesh/#');
  const door = ['door', 'add', 'front', '--reader', 'front-reader', '--output', 'front-strike'];
  t.equal((await space.cli(...door)).code, 0);
  const line = await home.line((one) => one.startsWith('got 0 blockmesh/front {'));
  t.match(JSON.parse(line.slice('got 0 blockmesh/front '.length)), { state: 'locked' });
});

t.test('a port that is taken is told, and tried again; the node runs all the same', async (t) => {
  const port = await freePort();
  const other = createServer().listen(port, '127.0.0.1');
  t.teardown(() => other.close());
  const config = `[broker]\nport = 0\nloopback_port = ${port}\n[broker.plain]\ninterface = "nowhere0"\nport = 0`;
  const space = await TestSpace.make(t, { doors: ['front'], config });
  await space.startPins();
  const node = await space.startNode();
  await node.logged(
    `broker: cannot listen on port ${port}: EADDRINUSE: listen EADDRINUSE: address already in use 127.0.0.1:${port}; it is tried again`,
  );
  await listeningPort(space, 'tls');
  t.match(await brokerOf(space), {
    listeners: [
      { way: 'loopback', port, isListening: false, fault: /EADDRINUSE/ },
      { way: 'plain', isListening: false, fault: 'the interface has no address' },
      { way: 'tls', isListening: true },
    ],
  });
  t.match((await space.cli('status')).stdout, /WITHOUT TLS: whoever reads along learns.*NOT LISTENING, tried again/);
  other.close();
  t.equal(await listeningPort(space, 'loopback'), port, 'tried again by itself');
});

t.test('without TLS: only those who were added so, on the one interface', async (t) => {
  const config = '[broker]\nport = 0\nloopback_port = 0\n[broker.plain]\ninterface = "lo"\nport = 0';
  const space = await TestSpace.make(t, { doors: ['front'], config });
  await space.startPins();
  await space.startNode();
  const clients = await MqttClients.of(t, space, 'plain');
  await clients.add('shy');
  await clients.add('reader', '--driver', 'esp-rfid', '--topic', 'rfid/shop', '--plain');
  await clients.add('home', '--driver', 'homeassistant', '--plain');
  const code = async (device: string, topic: string) =>
    (await clients.mosquitto('pub', device, ['-t', topic, '-m', 'x', '-q', '1'], true).exited).code;
  t.equal(await code('reader', 'rfid/shop/send'), 0);
  t.not(await code('shy', 'blockmesh/shy'), 0);
  t.equal(await code('home', 'blockmesh/reader/set'), 0, 'a command is thrown away here');
  t.match(await brokerOf(space), { drops: { plain_refused: 1, topic_refused: 1 } });
  t.match((await space.cli('device', 'list')).stdout, /^reader +esp-rfid +rfid\/shop +since .* +PLAIN$/m);
});
