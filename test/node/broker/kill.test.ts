import t from 'tap';
import { freePort } from '../free-port.ts';
import { untilFound } from '../program.ts';
import { TestSpace } from '../space-harness.ts';
import { listeningPort, MqttClients } from './mqtt-client.ts';

const KILLS = 4;
const MESSAGES = 600;
/** In flight at once, so that a kill always finds some at every step of their handshakes. */
const WINDOW = 30;

t.test('messages of QoS 1 and 2 in flight survive the death of the node', async (t) => {
  const config = `[broker]\nport = ${await freePort()}\nloopback_port = 0`;
  const space = await TestSpace.make(t, { doors: ['front'], config });
  await space.startPins();
  let node = await space.startNode();
  const clients = await MqttClients.of(t, space);
  await clients.add('lamp');
  const got = { 1: new Map<number, number>(), 2: new Map<number, number>() };
  const hear = clients.session('lamp', 'hears');
  hear.on('message', (_topic, payload, { qos }) => {
    const number = Number(payload.toString());
    if (qos > 0) got[qos as 1 | 2].set(number, (got[qos as 1 | 2].get(number) ?? 0) + 1);
  });
  await hear.subscribeAsync('blockmesh/lamp/#', { qos: 2 });
  const say = clients.session('lamp', 'says');
  let acknowledged = 0;
  const inFlight = new Set<Promise<unknown>>();
  const publish = async (number: number) => {
    await say.publishAsync('blockmesh/lamp/x', String(number), { qos: number % 2 === 0 ? 2 : 1 });
    acknowledged += 1;
  };
  const killer = (async () => {
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const due = (kill * MESSAGES) / (KILLS + 1);
      await untilFound(async () => acknowledged >= due || undefined, `${due} messages`);
      await node.kill();
      node = await space.startNode();
      await listeningPort(space, 'tls');
    }
  })();
  for (let number = 1; number <= MESSAGES; number += 1) {
    const one = publish(number).finally(() => inFlight.delete(one));
    inFlight.add(one);
    if (inFlight.size >= WINDOW) await Promise.race(inFlight);
  }
  await Promise.all(inFlight);
  await killer;
  await untilFound(async () => got[1].size + got[2].size >= MESSAGES || undefined, 'every message').catch(() => {});
  const missing = Array.from({ length: MESSAGES }, (_, at) => at + 1).filter(
    (one) => !got[1].has(one) && !got[2].has(one),
  );
  t.strictSame(missing, [], 'each that was acknowledged came');
  // A second copy of QoS 2 would have come by the time that a last message, sent after it, has.
  await say.publishAsync('blockmesh/lamp/x', '0', { qos: 1 });
  await untilFound(async () => got[1].has(0) || undefined, 'the last one');
  t.strictSame(
    [...got[2]].filter(([, count]) => count !== 1),
    [],
    'QoS 2: exactly once',
  );
});
