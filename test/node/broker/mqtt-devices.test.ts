import t from 'tap';
import type { JsonObject } from '../../../src/base/json.ts';
import { WAIT_MS } from '../program.ts';
import { LogReader, TestSpace } from '../space-harness.ts';
import { MqttClients } from './mqtt-client.ts';

const CONFIG = `[broker]
port = 0
loopback_port = 0

[reader.shed]
driver = "tasmota"
device = "shed"

[relay.shed-lock]
device = "shed"
longest_ms = 5000

[reader.shop]
driver = "esp-rfid"
device = "shop"
family = "em4100"

[reader.yard]
driver = "esphome"
device = "yard"
topic = "yard/tag"

[relay.gate]
device = "gate"`;

/** 9357203, as an em4100 card of 32 bits. */
const UID = '008EC793';
const CARD = '0009357203';
const OTHER_UID = '008EC795';
const OTHER_CARD = '0009357205';

t.test('readers and relays by MQTT: badges in, orders out', async (t) => {
  const space = await TestSpace.make(t, { doors: ['front'], config: CONFIG });
  await space.startPins();
  const node = await space.startNode();
  const add = 'Add it with `blockmesh device add yard`, and give the device the password that prints.';
  const why = `the ledger has no MQTT device yard. ${add}`;
  await node.logged(`reader lost: ${why}`, { reader: 'yard', code: 'no_such_mqtt_device' });
  t.match((await space.cli('status')).stdout, `  yard: lost, 0 badges, 0 dropped\n    ${why}`);
  const clients = await MqttClients.of(t, space);
  const drivers = { shed: 'tasmota', shop: 'esp-rfid', yard: 'esphome', gate: 'shelly' };
  for (const [device, driver] of Object.entries(drivers)) await clients.add(device, '--driver', driver);
  const control = await space.control();
  const call = (method: string, params: JsonObject) => control.call(method, params, WAIT_MS);
  await call('member.add', { name: 'Ada' });
  await call('badge.enrol', { member: 'Ada', number: CARD });
  // The same card within half a second would count as lying there still.
  await call('badge.enrol', { member: 'Ada', number: OTHER_CARD });
  await call('badge.enrol', { member: 'Ada', number: 'uid:04a1b2c3' });
  const bits = 32;
  await call('door.add', { door: 'shed', reader: 'shed', output: 'shed-lock', openMs: 300, bits });
  await call('door.add', { door: 'gate', reader: 'shop', output: 'gate', openMs: 300, bits });
  await call('door.add', { door: 'yard', reader: 'yard', output: 'front-strike', openMs: 100, bits });
  const log = new LogReader(control);

  const tasmota = await clients.subscriber('shed', 'cmnd/shed/#');
  await clients.publish('shed', 'tele/shed/LWT', 'Online', '-r', '-q', '1');
  await tasmota.line((line) => line.endsWith('cmnd/shed/POWER1 OFF'));
  const say = (uid: string, ...words: readonly string[]) =>
    clients.publish(
      'shed',
      'tele/shed/SENSOR',
      JSON.stringify({ Time: 'x', RDM6300: { UID: uid } }),
      '-q',
      '1',
      ...words,
    );
  await say('008EC794', '-r');
  await say(UID);
  const on = await tasmota.line((line) => line.endsWith('cmnd/shed/Backlog PulseTime1 50; Power1 ON'));
  await node.logged('output off', { output: 'shed-lock', end: 'timer' });
  const off = tasmota.line((line) => line.endsWith('POWER1 OFF'), tasmota.lines.indexOf(on));
  t.ok(await off, 'off at its end, beside its own timer');

  const shelly = await clients.subscriber('gate', 'shellies/gate/#');
  await clients.publish('gate', 'shellies/gate/online', 'true', '-q', '1');
  await shelly.line((line) => line.endsWith('relay/0/command off'));
  const access = { type: 'access', time: 1605991375, isKnown: 'true', access: 'Always', username: 'x', uid: UID };
  await clients.publish('shop', 'shop/send', JSON.stringify({ ...access, hostname: 'shop' }), '-q', '1');
  await shelly.line((line) => line.endsWith('relay/0/command on'));
  await node.logged('output off', { output: 'gate', end: 'timer' });

  await clients.publish('yard', 'yard/tag', '04-A1-B2-C3', '-q', '1');
  await node.logged('output off', { output: 'front-strike' });

  await log.row(({ kind, body }) => kind === 'granted' && body.door === 'yard');
  const facts = log.rows
    .filter(({ kind }) => kind === 'granted' || kind === 'denied')
    .map(({ kind, body }) => [kind, body.door]);
  t.strictSame(
    facts,
    [
      ['granted', 'shed'],
      ['granted', 'gate'],
      ['granted', 'yard'],
    ],
    'and the retained badge is nobody’s',
  );

  await shelly.kill();
  await clients.publish('shop', 'shop/send', JSON.stringify({ ...access, uid: OTHER_UID }), '-q', '1');
  const last = await log.row(({ kind, body }) => kind === 'granted' && body.door === 'gate');
  t.equal(last.body.fault, 'output_offline', 'a device that is gone takes no order');
  control.close();
  t.match((await space.cli('status')).stdout, /shed-lock/);
});
