import t from 'tap';
import { BrokerScene, deviceRecord } from './broker-harness.ts';

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
