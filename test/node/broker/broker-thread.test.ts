import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Json } from '../../../src/base/json.ts';
import {
  BROKER_CALL_MS_MAX,
  BROKER_CALLS_MAX,
  BROKER_RESTART_MS,
  BROKER_UNHEARD_MAX,
} from '../../../src/base/limits.ts';
import type { Message } from '../../../src/broker/message.ts';
import { EMPTY_STATE, StateOverlay } from '../../../src/ledger/overlay.ts';
import { BrokerEars } from '../../../src/node/broker/broker-ears.ts';
import { BrokerThread } from '../../../src/node/broker/broker-thread.ts';
import { LedgerDevices } from '../../../src/node/broker/ledger-devices.ts';
import { NodeBroker } from '../../../src/node/broker/node-broker.ts';
import { BrokerScene, deviceRecord } from '../../broker/broker-harness.ts';
import { stillClock } from '../../broker/still-clock.ts';

const DYING = join(import.meta.dirname, '../../fixtures/dying-broker-main.ts');
const NO_LOG = { info: () => {}, warn: () => {} };

function dyingThread() {
  const clock = stillClock();
  const [ready, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<Error>()];
  const data = { storePath: '', base: 'blockmesh', book: [] };
  const thread = new BrokerThread({
    data,
    clock,
    log: NO_LOG,
    onReady: ready.resolve,
    onEnd: ended.resolve,
    main: DYING,
  });
  return { thread, clock, ready: ready.promise, ended: ended.promise };
}

t.test('a thread that dies takes nothing with it: whoever waits is told, and so is who asks later', async (t) => {
  const { thread, ready, ended } = dyingThread();
  await ready;
  t.ok(thread.isConnected('lamp'));
  t.strictSame(await thread.call('describe', []), { retained: 7 });
  const pending = thread.call('useNonce', ['n', 1, 0]);
  thread.subscribe('#', () => {})();
  await t.rejects(pending, { code: 'broker_down', message: /a bug/ });
  t.match(await ended, { code: 'broker_down', message: /a bug/ });
  t.notOk(thread.isConnected('lamp'), 'nobody is connected to it');
  await t.rejects(thread.call('describe', []), { code: 'broker_down' });
  await thread.stop();
});

t.test('what is not answered is given up, so much of it at once, and a stop does not wait for ever', async (t) => {
  const { thread, clock, ready } = dyingThread();
  await ready;
  const calls = Array.from({ length: BROKER_CALLS_MAX }, () => thread.call('useNonce', ['n', 1, 0]));
  await t.rejects(thread.call('describe', []), { code: 'broker_busy' });
  clock.advance(BROKER_CALL_MS_MAX);
  for (const { status, reason } of (await Promise.allSettled(calls)) as PromiseRejectedResult[]) {
    if (status !== 'rejected' || reason.code !== 'broker_deaf') t.fail('answered?');
  }
  t.match(await thread.call('describe', []), { retained: 7 }, 'there is room again');
  const stopped = thread.stop();
  clock.advance(BROKER_CALL_MS_MAX);
  await stopped;
  t.pass('stopped');
});

t.test('a broker that dies is started again, and links and the rest are told', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'blockmesh-thread-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const clock = stillClock();
  const device = { driver: 'shelly', topic: 'lamp', plain: false, secret: { salt: '00', hash: '00' } };
  const state = new StateOverlay(EMPTY_STATE);
  state.apply('mesh', [{ key: 'mqtt/lamp', value: device }]);
  let returns = 0;
  const said: string[] = [];
  const broker = new NodeBroker({
    folder,
    space: { state, mesh: '00'.repeat(32) },
    config: { enabled: true, port: 0, loopback_port: 0, base: 'blockmesh' },
    clock,
    log: { info: () => {}, warn: (_fields, message) => void said.push(message) },
    onReturn: () => {
      returns += 1;
    },
    main: DYING,
  });
  broker.start();
  t.match(await broker.describe(), { enabled: true, retained: 7 });
  const states: string[] = [];
  const lost = Promise.withResolvers<void>();
  broker.links.link('lamp').listen({
    onMessage: () => {},
    onState: (now, cause) => {
      states.push(`${now} ${cause?.code ?? ''}`);
      if (now === 'lost') lost.resolve();
    },
  });
  const publishing = broker.publish('x', 'y', { retain: false, qos: 1 });
  broker.subscribe('#', () => {})();
  await lost.promise;
  await publishing;
  t.match(await broker.describe(), { fault: /a bug/ });
  t.notOk(broker.isRunning);
  t.equal(said.filter((line) => line.includes('a bug')).length, 1, 'told in the log');
  await t.rejects(broker.useNonce('n', 1, 0), { code: 'broker_down' });
  clock.advance(BROKER_RESTART_MS);
  t.equal(returns, 1);
  t.strictSame(states, ['open ', 'lost broker_down', 'open ']);
  t.match(await broker.describe(), { retained: 7 });
  const stopping = broker.stop();
  clock.advance(BROKER_RESTART_MS);
  await stopping;
});

t.test('what the node does not take in time is dropped and told, and then it hears again', async (t) => {
  const scene = await BrokerScene.start(t);
  const heard: Message[] = [];
  const ears = new BrokerEars(scene.broker, (_id, message) => heard.push(message));
  ears.subscribe(1, 'a/#');
  const say = (topic: string) => scene.broker.publish(topic, 'x', { retain: false, qos: 0 });
  for (let count = 0; count < BROKER_UNHEARD_MAX + 2; count += 1) await say('a/b');
  t.equal(heard.length, BROKER_UNHEARD_MAX);
  t.match(scene.broker.describe().drops, { node_busy: 2 });
  ears.heard('a/b'.length + 1);
  await say('a/c');
  await say('a/d');
  t.equal(heard.at(-1)?.topic, 'a/c', 'one place was free');
  for (const { topic, payload } of heard.splice(0)) ears.heard(topic.length + payload.length);
  const large = 'x'.repeat(200 * 1024);
  for (let count = 0; count < 40; count += 1) await scene.broker.publish('a/b', large, { retain: false, qos: 0 });
  t.equal(heard.length, 20, 'bytes are bounded too');
  ears.unsubscribe(1);
  await say('a/b');
  t.equal(heard.length, 20);
});

t.test('the devices of the ledger, as the thread is told of them', async (t) => {
  const state = new StateOverlay(EMPTY_STATE);
  const put = (dapp: string, key: string, value: Json | null) => {
    state.apply(dapp, [{ key, value }]);
    return devices.changed(new Map([[dapp, [key]]]));
  };
  const devices = new LedgerDevices(state);
  const many = Array.from({ length: 300 }, (_, at) => `d${1000 + at}`);
  const record = (salt: string) => ({ ...deviceRecord('generic', 'x'), secret: { salt, hash: '00' } });
  for (const name of many) put('mesh', `mqtt/${name}`, record('00'));
  t.strictSame(
    devices.all().map(({ name }) => name),
    many,
    'all, page by page',
  );
  t.match(put('mesh', 'mqtt/d1000', record('01')), [{ entry: { device: { secret: { salt: '01' } } }, isNew: true }]);
  t.match(put('mesh', 'mqtt/d1001', null), [{ entry: { name: 'd1001', device: null }, isNew: true }]);
  t.match(put('door', 'door/d1002', { title: 'x' }), [{ entry: { name: 'd1002', isOurs: true }, isNew: false }]);
  t.match(put('door', 'door/d1002', null), [{ entry: { name: 'd1002', isOurs: false }, isNew: false }]);
  t.strictSame(put('door', 'door/front', { title: 'x' }), [], 'a door that has no device’s name');
});
