import { join } from 'node:path';
import t from 'tap';
import { BROKER_SEEN_MAX } from '../../src/base/limits.ts';
import { Drops } from '../../src/broker/drops.ts';
import { SeenNumbers } from '../../src/broker/seen-numbers.ts';
import { BrokerStore } from '../../src/broker/store.ts';
import { until } from '../node/program.ts';
import { BrokerScene, deviceRecord } from './broker-harness.ts';
import { stillClock } from './still-clock.ts';

/** So many small messages that nobody has read yet are far from what a slow client is cut off for. */
const UNREAD_MAX = 2_000;

t.test('a device has its own topics both ways, and no others', async (t) => {
  const scene = await BrokerScene.start(t);
  scene.devices.set('lamp', deviceRecord('generic', 'lamp'));
  scene.devices.set('fan', deviceRecord('generic', 'fan'));
  const lamp = await scene.subscriber('lamp', ['blockmesh/lamp/#', 'blockmesh/fan/#', '#', '$SYS/#']);
  t.match(lamp.lines.join('\n'), /Subscribed \(mid: \d+\): 0, 128, 128, 128/);
  t.equal(await scene.publish('fan', 'blockmesh/fan', 'spins', '-q', '1'), 0);
  t.equal(await scene.publish('fan', 'blockmesh/lamp/set', 'off', '-q', '2'), 0, 'acknowledged, and thrown away');
  t.equal(await scene.publish('fan', '$SYS/x', 'mine', '-q', '1'), 0);
  t.equal(await scene.publish('lamp', 'blockmesh/lamp/state', 'on', '-q', '1'), 0);
  await lamp.line((line) => line === 'blockmesh/lamp/state on');
  t.strictSame(
    lamp.lines.filter((line) => /^(blockmesh|\$)/.test(line)),
    ['blockmesh/lamp/state on'],
  );
  t.match(scene.broker.describe().drops, { topic_refused: 2, filter_refused: 3 });
});

t.test('a message that others overtake while it is kept comes all the same, and once', async (t) => {
  const scene = await BrokerScene.start(t);
  scene.devices.set('lamp', deviceRecord('generic', 'lamp'));
  const lamp = await scene.subscriber('lamp', ['blockmesh/lamp/#', 'blockmesh/lamp/x'], '-q', '1');
  let isOver = false;
  const isRead = (count: number) => lamp.lines.filter((line) => line === 'blockmesh/lamp/y n').length >= count;
  const overtaking = (async () => {
    for (let count = 0; !isOver; count += 1) {
      await scene.broker.publish('blockmesh/lamp/y', 'n', { retain: false, qos: 0 });
      // As fast as what it overtakes, and no faster than the client reads.
      if (count % 8 === 0) await new Promise(setImmediate);
      if (count % UNREAD_MAX !== 0) continue;
      await until(
        () => isRead(count - UNREAD_MAX),
        () => `the client reads ${count - UNREAD_MAX} messages`,
      );
    }
  })();
  const many = ['--repeat', '300', '--repeat-delay', '0'];
  t.equal(await scene.publish('lamp', 'blockmesh/lamp/x', 'm', '-q', '1', ...many), 0);
  isOver = true;
  await overtaking;
  await scene.broker.publish('blockmesh/lamp/end', 'now', { retain: false, qos: 1 });
  await lamp.line((line) => line === 'blockmesh/lamp/end now');
  t.equal(lamp.lines.filter((line) => line === 'blockmesh/lamp/x m').length, 300);
});

t.test('a copy is known among the last messages of this life and of earlier ones', async (t) => {
  const seen = new SeenNumbers('now');
  const isNew = (brokerCounter: number, brokerId = 'now') => seen.isNew({ brokerId, brokerCounter });
  for (const life of ['now', 'before', 'long ago']) {
    t.strictSame([isNew(7, life), isNew(3, life), isNew(7, life)], [true, true, false], life);
    for (let number = 100; number < 99 + BROKER_SEEN_MAX; number += 1) isNew(number, life);
    t.notOk(isNew(3, life), 'not forgotten too early');
    isNew(99, life);
    t.ok(isNew(3, life), `${life}: so many are known`);
  }
  t.ok(seen.isNew({}) && seen.isNew({}), 'what has no number is no copy');
});

t.test('the will of an earlier life says nothing that its device may not say now', async (t) => {
  const scene = await BrokerScene.start(t);
  for (const name of ['front', 'lamp']) scene.devices.set(name, deviceRecord('generic', name));
  await scene.stop();
  // What a kill leaves of two devices that were connected.
  const path = join(scene.folder, 'broker.db');
  const log = { info: () => {}, warn: () => {} };
  const drops = new Drops(stillClock(), log);
  const store = new BrokerStore({ path, log, drops, isConnected: () => false });
  await store.write(() => {
    for (const name of ['front', 'lamp']) {
      const will = { topic: `blockmesh/${name}`, payload: Buffer.from('unlocked'), retain: true, qos: 1 };
      store.packets.storeWill(`${name}:x`, 'life', { ...will, clientId: `${name}:x` });
    }
  });
  store.close();
  scene.doors.add('front');
  await scene.start();
  const heard: string[] = [];
  scene.broker.subscribe('blockmesh/+', ({ topic }) => heard.push(topic));
  t.strictSame(heard, ['blockmesh/lamp'], 'a door has the other name now');
  t.match(scene.broker.describe().drops, { will_refused: 1 });
});

t.test('with the password of a reader nobody listens to its cards', async (t) => {
  const scene = await BrokerScene.start(t);
  scene.devices.set('shop', deviceRecord('esp-rfid', 'shop'));
  const spy = ['-q', '1', '-c', '-i', 'spy'];
  const first = await scene.subscriber('shop', ['shop/#'], ...spy);
  const said = async () => {
    await scene.publish('shop', 'shop/send', '{"type":"access","uid":"008EC793"}', '-q', '1');
    await scene.publish('shop', 'shop/tag', '{"uid":"008EC793"}', '-q', '1', '-r');
  };
  await said();
  await scene.broker.publish('shop/cmd', 'one', { retain: false, qos: 1 });
  await first.line((line) => line === 'shop/cmd one');
  await first.kill();
  await said();
  await scene.broker.publish('shop/cmd', 'two', { retain: false, qos: 1 });
  const again = await scene.subscriber('shop', ['shop/#'], ...spy);
  await again.line((line) => line === 'shop/cmd two');
  await scene.broker.publish('shop/cmd', 'three', { retain: false, qos: 1 });
  await again.line((line) => line === 'shop/cmd three');
  const heard = [...first.lines, ...again.lines].filter((line) => line.includes('008EC793'));
  t.strictSame(heard, [], 'not live, not from the queue, not retained');
});
