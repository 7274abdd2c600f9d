import { once } from 'node:events';
import { connect as connectTo, type Socket } from 'node:net';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import {
  BROKER_CONNECTIONS_PER_DEVICE_MAX,
  BROKER_SUBSCRIPTIONS_PER_CLIENT_MAX,
  MQTT_PAYLOAD_BYTES_MAX,
} from '../../src/base/limits.ts';
import { type Program, until } from '../node/program.ts';
import { BrokerScene, deviceRecord, PASSWORD } from './broker-harness.ts';
import { connect, PING, packet, publish, subscribe, text } from './wire.ts';

/** Clients that mean ill, and one that means well and must not notice. */

/** A raw connection, and what came on it. */
class Raw {
  readonly socket: Socket;
  readonly #pieces: Buffer[] = [];
  isClosed = false;

  constructor(port: number, localAddress = '127.0.0.1') {
    this.socket = connectTo({ port, host: '127.0.0.1', localAddress });
    this.socket.on('data', (piece: Buffer) => this.#pieces.push(piece));
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.isClosed = true;
    });
  }

  get received(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  send(...bytes: readonly Uint8Array[]): this {
    this.socket.write(Buffer.concat(bytes));
    return this;
  }

  async closed(): Promise<Buffer> {
    await until(
      () => this.isClosed,
      () => 'it is cut off',
    );
    return this.received;
  }

  async has(length: number): Promise<Buffer> {
    await until(
      () => this.received.length >= length,
      () => `${length} bytes, not ${this.received.length}`,
    );
    return this.received;
  }
}

const ACCEPTED = '20020000';
const login = (user: string, more: object = {}) => connect({ user, password: PASSWORD, name: 'raw', ...more });

/** A good device that hears itself; `check` shows that it still does. */
async function goodDevice(scene: BrokerScene): Promise<{ check: (t: Test, why: string) => Promise<void> }> {
  scene.devices.set('good', deviceRecord('generic', 'good'));
  const hears: Program = await scene.subscriber('good', ['blockmesh/good/#'], '-q', '1');
  let number = 0;
  return {
    check: async (t, why) => {
      number += 1;
      t.equal(await scene.publish('good', 'blockmesh/good', `still here ${number}`, '-q', '2'), 0, why);
      await hears.line((line) => line === `blockmesh/good still here ${number}`);
    },
  };
}

t.test('malformed, oversized and forbidden: whoever sends it is cut off, and nobody else', async (t) => {
  const scene = await BrokerScene.start(t);
  const good = await goodDevice(scene);
  scene.devices.set('bad', deviceRecord('generic', 'bad'));
  const port = scene.port();
  // It says nothing: it is cut off while the others are at it.
  const silent = [new Raw(port, '127.0.0.2'), new Raw(port, '127.0.0.2').send(Buffer.from([0x10, 0x7f]))];
  const cases: Readonly<Record<string, Uint8Array>> = {
    'an empty topic': publish('', 'x'),
    'a wildcard in a topic': publish('blockmesh/bad/+', 'x'),
    'a topic too deep': publish(`blockmesh/bad${'/a'.repeat(40)}`, 'x'),
    'QoS 3': packet(0x36, text('blockmesh/bad'), Buffer.from([0, 1])),
    'a packet without its end': packet(0x82, Buffer.from([0, 1, 0, 200, 1])),
    '256 MB': Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f, 1, 2, 3]),
    'a second CONNECT': login('bad'),
    'flags that must not be': Buffer.from([0x83, 2, 0, 1]),
    'a SUBSCRIBE without a filter': packet(0x82, Buffer.from([0, 1])),
    'a SUBSCRIBE to nothing': subscribe(1, ''),
  };
  for (const [what, bytes] of Object.entries(cases)) {
    const raw = new Raw(port, '127.0.0.3').send(login('bad'));
    await raw.has(4);
    raw.send(bytes, PING);
    const received = await raw.closed();
    t.equal(received.subarray(0, 4).toString('hex'), ACCEPTED, what);
  }
  await good.check(t, 'after all of that');
  for (const raw of silent) await raw.closed();
  t.pass('who says nothing is cut off');
});

t.test('a CONNECT that is none is answered as MQTT says, or not at all', async (t) => {
  const scene = await BrokerScene.start(t);
  scene.devices.set('bad', deviceRecord('generic', 'bad'));
  const answers: readonly (readonly [what: string, bytes: Uint8Array, answer: string])[] = [
    ['MQTT 3.1', login('bad', { protocol: 'MQIsdp', level: 3 }), ACCEPTED],
    ['MQTT 5 without its properties', login('bad', { level: 5 }), ''],
    ['level 9', login('bad', { level: 9 }), ''],
    ['another protocol', login('bad', { protocol: 'HTTP' }), ''],
    ['no name and a session to keep', login('bad', { name: '', isClean: false }), '20020002'],
    ['a name too long', login('bad', { name: 'n'.repeat(200) }), '20020002'],
    ['nobody', connect({}), '20020004'],
    ['a wrong password', connect({ user: 'bad', password: 'guess' }), '20020004'],
    ['an unknown name', login('nobody'), '20020004'],
    ['a name of every object', login('__proto__'), '20020004'],
    ['a name with a client’s in it', login('bad:raw'), '20020004'],
  ];
  for (const [what, bytes, answer] of answers) {
    const raw = new Raw(scene.port()).send(bytes);
    const received = answer === ACCEPTED ? await raw.has(4) : await raw.closed();
    t.equal(received.subarray(0, 4).toString('hex'), answer, what);
    raw.socket.destroy();
  }
  const five = await scene.mosquitto('pub', 'bad', ['-V', '5', '-t', 'blockmesh/bad', '-m', 'x']).exited;
  t.not(five.code, 0, 'MQTT 5');
});

t.test('bytes of chance, whole and within packets, never end the broker', async (t) => {
  const scene = await BrokerScene.start(t);
  const good = await goodDevice(scene);
  scene.devices.set('bad', deviceRecord('generic', 'bad'));
  const known = [
    PING,
    publish('blockmesh/bad', 'x', 2),
    publish('blockmesh/bad', 'x', 1),
    subscribe(1, 'blockmesh/bad/#'),
  ];
  const acks = [4, 5, 6, 7].map((type) => packet(type * 16 + (type === 6 ? 2 : 0), Buffer.from([0, 1])));
  const mutated = fc
    .tuple(fc.constantFrom(...known, ...acks, packet(0xa2, Buffer.from([0, 1]), text('a'))), fc.nat(), fc.nat(255))
    .map(([bytes, at, value]) => {
      const changed = Buffer.from(bytes);
      changed[at % changed.length] = value;
      return changed;
    });
  const bytes = fc.array(fc.oneof(mutated, fc.uint8Array({ maxLength: 20 })), { minLength: 1, maxLength: 6 });
  let address = 0;
  await fc.assert(
    fc.asyncProperty(fc.boolean(), fc.boolean(), bytes, async (isKnown, isClean, all) => {
      address += 1;
      const raw = new Raw(scene.port(), `127.0.${1 + (address % 200)}.1`);
      if (isKnown) await raw.send(login('bad', { isClean })).has(4);
      raw.socket.end(Buffer.concat(all));
      await raw.closed();
    }),
    { numRuns: 400 },
  );
  await good.check(t, 'after 400 of them');
});

t.test('a flood of connections keeps out whoever floods, and not the others', async (t) => {
  const scene = await BrokerScene.start(t);
  const good = await goodDevice(scene);
  const flood = Array.from({ length: 1_000 }, () => new Raw(scene.port(), '127.0.0.9'));
  await good.check(t, 'in the middle of it');
  await until(
    () => flood.filter(({ isClosed }) => isClosed).length >= 900,
    () => 'most are refused',
  );
  const { drops } = scene.broker.describe();
  t.ok((drops.address_connections ?? 0) + (drops.address_rate ?? 0) >= 900, JSON.stringify(drops));
  t.ok(scene.said.filter(({ code }) => code?.startsWith('address')).length <= 2, 'the log is not flooded with it');
  await good.check(t, 'and after it');
  for (const { socket } of flood) socket.destroy();
});

t.test('one device’s own bounds: connections, subscriptions, payload; and its sessions are its own', async (t) => {
  const scene = await BrokerScene.start(t);
  for (const device of ['bad', 'good']) scene.devices.set(device, deviceRecord('generic', device));
  const many = await scene.subscriber(
    'bad',
    Array.from({ length: BROKER_SUBSCRIPTIONS_PER_CLIENT_MAX + 1 }, (_, at) => `blockmesh/bad/${at}`),
  );
  const said = many.lines.find((line) => line.startsWith('Subscribed')) ?? '';
  t.equal(said.match(/\b128\b/g)?.length, 1, 'one is refused');
  const raws: Raw[] = [];
  for (let at = 1; at <= BROKER_CONNECTIONS_PER_DEVICE_MAX; at += 1) {
    const raw = new Raw(scene.port(), '127.0.0.4').send(login('bad', { name: `c${at}` }));
    await raw.has(4);
    raws.push(raw);
  }
  t.equal(raws.at(-1)?.received.toString('hex'), '20020003', 'server unavailable');
  const other = new Raw(scene.port()).send(login('good', { name: 'c1' }), PING);
  await other.has(6);
  t.notOk(raws[0]?.isClosed, 'who calls itself the same takes nobody’s place');
  const [hears] = raws;
  hears?.send(subscribe(1, 'blockmesh/bad/#'));
  await hears?.has(9);
  const size = (bytes: number) => publish('blockmesh/bad/x', Buffer.alloc(bytes), 1);
  raws[1]?.send(size(MQTT_PAYLOAD_BYTES_MAX + 1), size(MQTT_PAYLOAD_BYTES_MAX));
  await raws[1]?.has(4 + 2 * 4);
  const received = (await hears?.has(9 + MQTT_PAYLOAD_BYTES_MAX)) ?? Buffer.alloc(0);
  t.ok(received.length < 9 + 2 * MQTT_PAYLOAD_BYTES_MAX, 'the one that is too large came to nobody');
  t.match(scene.broker.describe().drops, { subscriptions_full: 1, device_connections: 1, topic_refused: 1 });
});

t.test('a subscriber that takes nothing is cut off, and who publishes to it does not wait', async (t) => {
  const scene = await BrokerScene.start(t);
  const good = await goodDevice(scene);
  scene.devices.set('bad', deviceRecord('generic', 'bad'));
  const slow = new Raw(scene.port(), '127.0.0.5').send(login('bad', { name: 'slow' }), subscribe(1, 'blockmesh/bad/#'));
  await slow.has(9);
  slow.socket.pause();
  const says = new Raw(scene.port(), '127.0.0.6').send(login('bad', { name: 'says' }));
  await says.has(4);
  const isOver = () => (scene.broker.describe().drops.slow_consumer ?? 0) > 0;
  let sent = 0;
  while (!isOver() && sent < 200) {
    sent += 1;
    says.send(publish('blockmesh/bad/x', Buffer.alloc(100_000), 1, sent));
    await says.has(4 + 4 * sent);
  }
  t.ok(isOver(), `${sent} messages were acknowledged one by one meanwhile`);
  await good.check(t, 'the others go on');
  t.match(scene.said.find(({ code }) => code === 'slow_consumer')?.message, /too slowly/);
});

t.test('what the node itself says and hears', async (t) => {
  const scene = await BrokerScene.start(t);
  scene.devices.set('lamp', deviceRecord('generic', 'lamp'));
  scene.devices.set('home', deviceRecord('homeassistant', 'home'));
  await scene.broker.publish('blockmesh/front-door', '{"state":"locked"}', { retain: true, qos: 1 });
  const heard: object[] = [];
  const end = scene.broker.subscribe('blockmesh/#', ({ payload, ...rest }) => {
    heard.push({ ...rest, payload: Buffer.from(payload).toString() });
  });
  const home = await scene.subscriber('home', ['blockmesh/#']);
  await home.line((line) => line === 'blockmesh/front-door {"state":"locked"}');
  t.equal(await scene.publish('lamp', 'blockmesh/lamp', 'on', '-q', '1', '-r'), 0);
  t.equal(await scene.publish('lamp', 'blockmesh/lamp', 'off', '-q', '1'), 0);
  await home.line((line) => line === 'blockmesh/lamp off');
  end();
  t.equal(await scene.publish('lamp', 'blockmesh/lamp', 'unheard', '-q', '1'), 0);
  await home.line((line) => line === 'blockmesh/lamp unheard');
  t.strictSame(heard, [
    { topic: 'blockmesh/front-door', isRetained: true, device: null, payload: '{"state":"locked"}' },
    { topic: 'blockmesh/lamp', isRetained: true, device: 'lamp', payload: 'on' },
    { topic: 'blockmesh/lamp', isRetained: false, device: 'lamp', payload: 'off' },
  ]);
  scene.doors.add('lamp');
  t.equal(await scene.publish('lamp', 'blockmesh/lamp', 'as a door', '-q', '1'), 0);
  t.notOk(home.lines.includes('blockmesh/lamp as a door'), 'a door’s state is the node’s alone');
  const gone = once(home.child, 'close');
  scene.devices.delete('home');
  await scene.broker.disconnect('home');
  await gone;
  t.match(home.stderr, /connection was lost|bad user name/);
});
