import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  BROKER_QUEUE_MESSAGES_MAX,
  BROKER_RETAINED_PER_DEVICE_MAX,
  BROKER_SESSIONS_PER_DEVICE_MAX,
  BROKER_SUBSCRIPTIONS_PER_CLIENT_MAX,
} from '../../src/base/limits.ts';
import { Drops } from '../../src/broker/drops.ts';
import type { Packet } from '../../src/broker/packets.ts';
import { Persistence } from '../../src/broker/persistence.ts';
import { BrokerStore } from '../../src/broker/store.ts';
import { stillClock } from './still-clock.ts';

interface Opened {
  readonly store: BrokerStore;
  readonly persistence: Persistence;
  readonly drops: Drops;
  readonly said: string[];
}

function open(path: string, isConnected: (client: string) => boolean = () => false): Opened {
  const said: string[] = [];
  const log = { info: () => {}, warn: (fields: object) => void said.push(String((fields as { code?: string }).code)) };
  const drops = new Drops(stillClock(), log);
  const store = new BrokerStore({ path, log, drops, isConnected });
  const persistence = new Persistence(store, () => true);
  persistence.broker = { id: 'life', counter: 0 };
  return { store, persistence, drops, said };
}

function message(number: number, payload = 'x', topic = 'a/b'): Packet {
  return { cmd: 'publish', topic, payload: Buffer.from(payload), qos: 1, brokerId: 'life', brokerCounter: number };
}

async function payloads(persistence: Persistence, client: string): Promise<readonly string[]> {
  const packets = (await persistence.outgoingStream({ id: client }).toArray()) as readonly Packet[];
  return packets.map(({ payload = '' }) => Buffer.from(payload).toString());
}

t.test('aedes-persistence’s own suite, on a real file each', (t) => {
  const main = join(import.meta.dirname, 'abstract-suite-main.ts');
  const { stdout, status, stderr } = spawnSync(process.execPath, ['--test-reporter=tap', main], { encoding: 'utf8' });
  const results = [...stdout.matchAll(/^(not )?ok \d+ - (.*)$/gm)];
  for (const [, not, name = ''] of results) t.equal(not, undefined, name);
  t.equal(results.length, 50, 'every test of the suite was run');
  t.equal(status, 0, stderr);
  t.end();
});

t.test('what was kept is there after the file is opened again', async (t) => {
  const path = join(t.testdir(), 'broker.db');
  const first = open(path);
  await first.persistence.addSubscriptions({ id: 'lamp:1' }, [{ topic: 'a/+', qos: 1 }]);
  await first.persistence.enqueueAhead({ ...message(1, 'kept'), retain: true, clientId: 'fan:1' });
  await first.persistence.putWill({ id: 'lamp:1' }, { topic: 'a/gone', payload: 'off', qos: 0 });
  await first.persistence.incomingStorePacket({ id: 'lamp:1' }, { ...message(2), messageId: 7, qos: 2 });
  first.store.close();
  const { persistence, store } = open(path);
  t.strictSame(await payloads(persistence, 'lamp:1'), ['kept', 'x']);
  t.match(await persistence.createRetainedStream('a/#').toArray(), [{ topic: 'a/b', clientId: 'fan:1' }]);
  t.match(await persistence.getWill({ id: 'lamp:1' }), { topic: 'a/gone', brokerId: 'life', clientId: 'lamp:1' });
  t.match(await persistence.incomingGetPacket({ id: 'lamp:1' }, { messageId: 7 }), { qos: 2, messageId: 7 });
  t.match(await persistence.subscriptionsByTopic('a/b'), [{ clientId: 'lamp:1', qos: 1 }]);
  await store.forget((device) => device === 'lamp');
  t.strictSame(await payloads(persistence, 'lamp:1'), []);
  t.match(store.describe(), { retained: 1, sessions: 0, queuedBytes: 0 }, 'what others retained stays');
  store.close();
});

t.test('what was not committed is not promised, and writes of one turn are one commit', async (t) => {
  const { store, persistence } = open(join(t.testdir(), 'broker.db'));
  t.teardown(() => store.close());
  await persistence.addSubscriptions({ id: 'lamp:1' }, [{ topic: '#', qos: 1 }]);
  const done: number[] = [];
  const all = [1, 2, 3].map((number) => persistence.enqueueAhead(message(number)).then(() => done.push(number)));
  await Promise.resolve();
  t.equal(done.length, 0, 'nothing is over before the end of the turn');
  await Promise.all(all);
  const broken = store.write(() => {
    throw new Error('no room');
  });
  const lost = persistence.enqueueAhead(message(4));
  await t.rejects(broken, /no room/);
  await lost;
  t.equal((await payloads(persistence, 'lamp:1')).length, 4, 'a turn that was undone takes no later one with it');
  const undone = [persistence.enqueueAhead(message(5)), store.write(() => void JSON.parse('{'))];
  for (const one of undone) await t.rejects(one, SyntaxError, 'all of a turn is undone');
  t.equal((await payloads(persistence, 'lamp:1')).length, 4);
});

t.test('a message is asked for twice and kept once', async (t) => {
  const { store, persistence } = open(join(t.testdir(), 'broker.db'));
  t.teardown(() => store.close());
  await persistence.addSubscriptions({ id: 'lamp:1' }, [{ topic: '#', qos: 1 }]);
  const packet = message(0, 'once');
  persistence.number(packet);
  await persistence.enqueueAhead(packet);
  await persistence.outgoingEnqueueCombi([{ clientId: 'lamp:1' }], packet);
  await persistence.outgoingEnqueueCombi([{ clientId: 'lamp:1' }], packet);
  t.strictSame(await payloads(persistence, 'lamp:1'), ['once']);
});

t.test('caps: each keeps the others unharmed, and is told', async (t) => {
  const { store, persistence, drops, said } = open(join(t.testdir(), 'broker.db'), (client) => client === 'lamp:0');
  t.teardown(() => store.close());
  await fillQueue(t, persistence);
  for (let at = 0; at <= BROKER_RETAINED_PER_DEVICE_MAX; at += 1) {
    await persistence.storeRetained({ ...message(10_000 + at, 'r', `fan/${at}`), retain: true, clientId: 'fan:1' });
  }
  t.equal(store.describe().retained, BROKER_RETAINED_PER_DEVICE_MAX, 'the last one is refused');
  await persistence.storeRetained({ ...message(20_000, 'newer', 'fan/0'), retain: true, clientId: 'fan:1' });
  t.equal(
    String((await persistence.createRetainedStream('fan/0').toArray())[0]?.payload),
    'newer',
    'not so a newer one',
  );
  await persistence.storeRetained({ ...message(20_001, 'ours', 'door'), retain: true });
  t.equal(store.describe().retained, BROKER_RETAINED_PER_DEVICE_MAX + 1, 'ours has room');
  for (let at = 1; at <= BROKER_SESSIONS_PER_DEVICE_MAX; at += 1) {
    await persistence.addSubscriptions({ id: `lamp:${at}` }, [{ topic: 'x', qos: 1 }]);
  }
  t.ok(store.sessions.clients().includes('lamp:0'), 'the connected one stays');
  t.notOk(store.sessions.clients().includes('lamp:1'), 'the oldest of the others goes');
  t.equal(store.sessions.clients().length, BROKER_SESSIONS_PER_DEVICE_MAX);
  const many = Array.from({ length: 100 }, (_, at) => ({ topic: `t/${at}`, qos: 1 }));
  await persistence.addSubscriptions({ id: 'lamp:8' }, many);
  t.equal((await persistence.subscriptionsByClient({ id: 'lamp:8' })).length, BROKER_SUBSCRIPTIONS_PER_CLIENT_MAX);
  t.match(drops.counts(), { queue_full: 2, retained_full: 1, session_evicted: 1 });
  t.strictSame(said.sort(), ['queue_full', 'retained_full', 'session_evicted'], 'each once, however often');
});

async function fillQueue(t: Test, persistence: Persistence): Promise<void> {
  await persistence.addSubscriptions({ id: 'lamp:0' }, [{ topic: 'q/#', qos: 1 }]);
  const all = Array.from({ length: BROKER_QUEUE_MESSAGES_MAX + 2 }, (_, at) => message(at, `${at}`, 'q/x'));
  for (const one of all) await persistence.enqueueAhead(one);
  const kept = await payloads(persistence, 'lamp:0');
  t.equal(kept.length, BROKER_QUEUE_MESSAGES_MAX);
  t.equal(kept[0], '2', 'the oldest are lost');
  t.equal(kept.at(-1), `${BROKER_QUEUE_MESSAGES_MAX + 1}`);
}

t.test('a file that is damaged, foreign or newer is set aside, and an empty one is there', async (t) => {
  const folder = t.testdir();
  const damage: Readonly<Record<string, (path: string) => void>> = {
    torn: (path) => writeFileSync(path, readFileSync(path).subarray(0, statSync(path).size / 2)),
    overwritten: (path) => writeFileSync(path, readFileSync(path).fill(0x5a, 4096, 9000)),
    text: (path) => writeFileSync(path, 'not a database, however long it goes on and on '.repeat(100)),
    empty: (path) => writeFileSync(path, ''),
  };
  for (const [name, spoil] of Object.entries(damage)) {
    const path = join(folder, `${name}.db`);
    const before = open(path);
    for (let at = 0; at < 50; at += 1) {
      await before.persistence.storeRetained({ ...message(at, 'r'.repeat(500), `t/${at}`), retain: true });
    }
    before.store.close();
    spoil(path);
    const { store, persistence, said } = open(path);
    t.equal(store.describe().retained, 0, name);
    t.strictSame(said, name === 'empty' ? [] : ['broker_store_damaged'], 'it is told');
    t.equal(existsSync(`${path}.damaged`), name !== 'empty', 'what there was is kept aside');
    await persistence.storeRetained({ ...message(1), retain: true });
    store.close();
    t.equal(open(path).store.describe().retained, 1, 'and it goes on');
  }
});

t.test('a nonce that cannot be kept is a refusal, and the store goes on', async (t) => {
  const { store } = open(join(t.testdir(), 'broker.db'));
  t.teardown(() => store.close());
  // No such column type: what a full disk does, SQLite says no.
  await t.rejects(store.useNonce('a', 0.5, 0), { code: 'broker_store' });
  await store.useNonce('a', 10, 0);
  await t.rejects(store.useNonce('a', 10, 0), { code: 'nonce_repeated' });
});
