import fc from 'fast-check';
import t from 'tap';
import { JSON_DEPTH_MAX, READER_MESSAGE_BYTES_MAX } from '../../../src/base/limits.ts';
import * as espRfid from '../../../src/devices/mqtt/esp-rfid.ts';
import * as esphome from '../../../src/devices/mqtt/esphome.ts';
import { MQTT_FAULTS, type MqttHeard, type MqttMessage } from '../../../src/devices/mqtt/message.ts';
import { shellyOutput } from '../../../src/devices/mqtt/shelly.ts';
import * as tasmota from '../../../src/devices/mqtt/tasmota.ts';

const message = (topic: string, payload: string | Uint8Array, isRetained = false): MqttMessage => ({
  topic,
  payload: typeof payload === 'string' ? Buffer.from(payload) : payload,
  isRetained,
});
const em4100 = (bits: number, value: bigint) => ({ type: 'badge', credential: { family: 'em4100', bits, value } });
const iso = (bits: number, value: bigint) => ({ type: 'badge', credential: { family: 'iso14443a', bits, value } });
const state = (isOn: boolean) => ({ type: 'state', isOn });
const refused = (fault: string) => ({ type: 'refused', fault });
const OTHER = { type: 'other' };

t.test('esp-rfid reads cards', async (t) => {
  const hear = (payload: string, topic = 'door/send', isRetained = false) =>
    espRfid.hearReader('door', 'iso14443a', message(topic, payload, isRetained));
  const access = (uid: string) =>
    `{"type":"access","time":1605991375,"isKnown":"true","access":"Always","username":"Ada","uid":${uid},"hostname":"d"}`;
  t.same(hear(access('"04a1b2c3d4e5f6"')), iso(56, 0x04a1b2c3d4e5f6n));
  t.same(hear(access('"00ADBEEF"')), iso(32, 0xadbeefn));
  t.same(hear('{"uid":"deadbeef","username":"Ada","access":"Always","time":1}', 'door/tag'), iso(32, 0xdeadbeefn));
  t.same(espRfid.hearReader('door', 'em4100', message('door/send', access('"62E3086CED"'))), em4100(40, 0x62e3086cedn));
  t.same(hear('{"type":"access","uid":" ","username":"MQTT","access":"Always","isKnown":"true"}'), OTHER, 'its echo');
  t.same(hear('{"type":"heartbeat","time":1,"ip":"192.168.1.20","door":"d"}'), {
    type: 'address',
    address: '192.168.1.20',
  });
  t.same(hear('{"type":"boot","time":1,"ip":"nonsense"}'), OTHER);
  t.same(hear('online', 'door/avty'), { type: 'availability', isOnline: true });
  t.same(hear(access('"deadbeef"'), 'door/sync'), OTHER);
  t.same(hear(access('"deadbeef"'), 'door2/send'), OTHER);
  t.same(hear(access('"deadbeef"'), 'door/send', true), refused('retained'));
  for (const [uid, fault] of [
    ['"dead"', 'bad_uid'],
    ['"deadbee"', 'bad_uid'],
    ['"0"', 'bad_uid'],
    ['""', 'bad_uid'],
    ['"de-ad:be-ef"', 'bad_uid'],
    ['"de-adbeef"', 'bad_uid'],
    ['"deadbeef00"', 'bad_uid'],
    ['"xyzabcde"', 'bad_uid'],
    ['"deadbeef\\u0000"', 'bad_uid'],
    ['12345678', 'bad_uid'],
    ['null', 'bad_uid'],
    ['{}', 'bad_uid'],
    ['"00000000"', 'zero_uid'],
    ['"08112233"', 'random_uid'],
  ] as const) {
    t.same(hear(access(uid)), refused(fault), uid);
  }
});

t.test('Tasmota reads cards', async (t) => {
  const hear = (payload: string, topic = 'tele/side/SENSOR', isRetained = false) =>
    tasmota.hearReader('side', message(topic, payload, isRetained));
  t.same(hear('{"Time":"2020-01-01T00:00:00","RDM6300":{"UID":"008EC793"}}'), em4100(32, 0x8ec793n));
  t.same(hear('{"Time":"t","PN532":{"UID":"04A1B2C3D4E5F6","Data":"x"}}'), iso(56, 0x04a1b2c3d4e5f6n));
  t.same(hear('{"Time":"t","AM2301":{"Temperature":23.5},"RDM6300":{"UID":"008EC793"}}'), em4100(32, 0x8ec793n));
  t.same(hear('{"Time":"t","AM2301":{"Temperature":23.5}}'), OTHER);
  t.same(hear('{"RDM6300":{"UID":"008EC793"},"PN532":{"UID":"DEADBEEF"}}'), refused('bad_uid'), 'two cards at once');
  t.same(hear('{"RDM6300":{"UID":"008EC793"}}', 'tele/side/SENSOR', true), refused('retained'));
  t.same(hear('{"RDM6300":"008EC793"}'), em4100(32, 0x8ec793n));
  for (const uid of ['{}', 'null', '[]', '7', '{"UID":7}']) t.same(hear(`{"RDM6300":${uid}}`), refused('bad_uid'), uid);
  t.same(hear('{"PN532":{"UID":"4A1B2C3"}}'), refused('bad_uid'), 'a zero that old versions leave out');
  t.same(hear('Online', 'tele/side/LWT'), { type: 'availability', isOnline: true });
  t.same(hear('Offline', 'tele/side/LWT', true), { type: 'availability', isOnline: false });
  t.same(hear('{"RDM6300":{"UID":"008EC793"}}', 'tele/other/SENSOR'), OTHER);
});

t.test('ESPHome reads cards', async (t) => {
  const hear = (payload: string, family: 'em4100' | 'iso14443a' = 'iso14443a', topic = 'tag_scanned') =>
    esphome.hearReader('tag_scanned', family, message(topic, payload));
  t.same(hear('74-10-37-94'), iso(32, 0x74103794n));
  t.same(hear('04 A1 B2 C3 D4 E5 F6\n'), iso(56, 0x04a1b2c3d4e5f6n));
  t.same(hear('00:01:02:03:04:05:06:07:08:09'), iso(80, 0x00010203040506070809n));
  t.same(hear('008ec793', 'em4100'), em4100(32, 0x8ec793n));
  t.same(hear('8e-c7-93', 'em4100'), em4100(24, 0x8ec793n));
  t.same(hear('74-10-37-94', 'iso14443a', 'tag_removed'), OTHER);
  for (const text of ['', '74-10-37', '74--10-37-94', '74-10-37-94-', '{"uid":"74103794"}']) {
    t.same(hear(text), refused('bad_uid'), text);
  }
});

t.test('payloads that nobody can read', async (t) => {
  const hear = (payload: string | Uint8Array) => tasmota.hearReader('side', message('tele/side/SENSOR', payload));
  const nested = (depth: number) => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
  t.same(hear(nested(JSON_DEPTH_MAX)), OTHER);
  t.same(hear(nested(JSON_DEPTH_MAX + 1)), refused('not_json'));
  t.same(hear('{"a":1,"a":2}'), refused('not_json'), 'a member stands twice');
  t.same(hear('{"RDM6300":{"UID":"008EC793","UID":"008EC794"}}'), refused('not_json'));
  for (const text of ['', '{', '[]', '7', '"x"', 'null', 'NaN', "{a:'b'}", '{"a":1}{', '{"a":1,}']) {
    t.same(hear(text), refused('not_json'), text);
  }
  t.same(hear(Uint8Array.of(0x7b, 0xff, 0x7d)), refused('not_text'));
  const long = (bytes: number) => `{"a":"${'x'.repeat(bytes - 8)}"}`;
  t.same(hear(long(READER_MESSAGE_BYTES_MAX)), OTHER);
  t.same(hear(long(READER_MESSAGE_BYTES_MAX + 1)), refused('over_long'));
  t.same(hear('{"__proto__":{"RDM6300":{"UID":"008EC793"}}}'), OTHER, 'what an object inherits is not in it');
});

t.test('whatever a device sends is told or refused by a known reason', async (t) => {
  const text = fc.oneof(
    fc.json(),
    fc.string(),
    fc.constantFrom('ON', 'off', 'Online', 'UNLOCKED', 'true', '{"POWER":"ON"}', '{"RDM6300":{"UID":"008EC793"}}'),
  );
  const payload = fc.oneof(
    text.map((one) => new Uint8Array(Buffer.from(one))),
    fc.uint8Array({ maxLength: 64 }),
  );
  const topics = ['x/send', 'x/tag', 'x/avty', 'x/io/lock', 'tele/x/SENSOR', 'tele/x/LWT', 'tele/x/STATE', 'x'];
  const more = [
    'stat/x/POWER',
    'stat/x/RESULT',
    'shellies/x/relay/0',
    'shellies/x/online',
    'x/switch/y/state',
    'x/status',
  ];
  const heard = (one: MqttMessage): readonly MqttHeard[] => [
    espRfid.hearReader('x', 'iso14443a', one),
    tasmota.hearReader('x', one),
    esphome.hearReader('x', 'em4100', one),
    espRfid.espRfidOutput('x', () => null).hear(one),
    tasmota.tasmotaOutput('x', 1).hear(one),
    esphome.esphomeOutput('x', 'y').hear(one),
    shellyOutput('x', 0).hear(one),
  ];
  fc.assert(
    fc.property(fc.constantFrom(...topics, ...more), payload, fc.boolean(), (topic, bytes, isRetained) =>
      heard(message(topic, bytes, isRetained)).every(
        (one) => (one.type !== 'refused' || MQTT_FAULTS.includes(one.fault)) && (one.type !== 'badge' || !isRetained),
      ),
    ),
    { numRuns: 3_000 },
  );
  t.pass('held');
});

t.test('Shelly', async (t) => {
  const output = shellyOutput('shelly1-A1', 1);
  const topic = 'shellies/shelly1-A1/relay/1';
  t.same(output.plan({ type: 'on' }), { order: { topic: `${topic}/command`, payload: 'on' }, endsItself: false });
  t.same(output.plan({ type: 'off' }).order, { topic: `${topic}/command`, payload: 'off' });
  t.same(output.plan({ type: 'pulse', ms: 3_000 }), {
    order: { topic: `${topic}/command`, payload: 'on' },
    endsItself: false,
  });
  for (const [payload, heard] of [
    ['on', state(true)],
    ['off', state(false)],
    ['overpower', state(false)],
    ['1', refused('bad_state')],
  ] as const) {
    t.same(output.hear(message(topic, payload)), heard, payload);
  }
  t.same(output.hear(message('shellies/shelly1-A1/online', 'false', true)), { type: 'availability', isOnline: false });
  for (const other of ['relay/0', 'relay/1/power', 'relay/1/command']) {
    t.same(output.hear(message(`shellies/shelly1-A1/${other}`, 'on')), OTHER, other);
  }
});

t.test('Tasmota switches, and ends a pulse by itself', async (t) => {
  const output = tasmota.tasmotaOutput('side', 1);
  t.same(output.plan({ type: 'pulse', ms: 3_000 }), {
    order: { topic: 'cmnd/side/Backlog', payload: 'PulseTime1 30; Power1 ON' },
    endsItself: true,
  });
  t.same(output.plan({ type: 'on' }), {
    order: { topic: 'cmnd/side/Backlog', payload: 'PulseTime1 0; Power1 ON' },
    endsItself: false,
  });
  t.same(output.plan({ type: 'off' }).order, { topic: 'cmnd/side/POWER1', payload: 'OFF' });
  const pulseTime = (ms: number): number => {
    const { payload } = output.plan({ type: 'pulse', ms }).order;
    return Number(/^PulseTime1 (\d+); Power1 ON$/.exec(payload)?.[1]);
  };
  for (const [ms, value] of [
    [1, 1],
    [100, 1],
    [299, 2],
    [11_100, 111],
    [11_999, 111],
    [12_000, 112],
    [13_900, 113],
    [360_000, 460],
    [64_800_000, 64_900],
  ] as const) {
    t.equal(pulseTime(ms), value, `${ms} ms`);
  }
  t.throws(() => pulseTime(64_801_000), { code: 'order_over_long', fields: { longestMs: 64_800_000 } });
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 64_800_000 }), (ms) => {
      const value = pulseTime(ms);
      const isMs = value <= 111 ? value * 100 : (value - 100) * 1_000;
      return value >= 1 && value <= 64_900 && isMs <= ms && ms - isMs < 1_000;
    }),
  );
  for (const [topic, payload, heard] of [
    ['stat/side/POWER', 'ON', state(true)],
    ['stat/side/POWER1', 'OFF', state(false)],
    ['stat/side/RESULT', '{"POWER":"ON"}', state(true)],
    ['tele/side/STATE', '{"Time":"t","Heap":24,"Load":1.5,"POWER1":"OFF"}', state(false)],
    ['stat/side/RESULT', '{"PulseTime1":{"Set":30,"Remaining":0}}', OTHER],
    ['stat/side/POWER2', 'ON', OTHER],
    ['stat/side/RESULT', '{"POWER":"MAYBE"}', refused('bad_state')],
    ['tele/side/STATE', 'x', refused('not_json')],
    ['tele/side/LWT', 'Offline', { type: 'availability', isOnline: false }],
  ] as const) {
    t.same(output.hear(message(topic, payload)), heard, `${topic} ${payload}`);
  }
  t.same(tasmota.tasmotaOutput('side', 2).hear(message('stat/side/POWER', 'ON')), OTHER);
});

t.test('ESPHome switches', async (t) => {
  const output = esphome.esphomeOutput('side', 'strike');
  const command = (payload: string) => ({ order: { topic: 'side/switch/strike/command', payload }, endsItself: false });
  t.same(output.plan({ type: 'on' }), command('ON'));
  t.same(output.plan({ type: 'off' }), command('OFF'));
  t.same(output.plan({ type: 'pulse', ms: 100 }), command('ON'), 'OFF must follow');
  t.same(output.hear(message('side/switch/strike/state', 'ON', true)), state(true));
  t.same(output.hear(message('side/switch/other/state', 'ON')), OTHER);
  t.same(output.hear(message('side/status', 'offline')), { type: 'availability', isOnline: false });
});

t.test('esp-rfid opens for its own time', async (t) => {
  const output = espRfid.espRfidOutput('door', () => '192.168.1.20');
  t.same(output.plan({ type: 'pulse', ms: 3_000 }), {
    order: { topic: 'door/cmd', payload: '{"cmd":"opendoor","doorip":"192.168.1.20"}' },
    endsItself: true,
  });
  t.same(
    espRfid.espRfidOutput('door', () => null).plan({ type: 'pulse', ms: 1 }).order.payload,
    '{"cmd":"opendoor"}',
    'in its Home Assistant mode',
  );
  for (const type of ['on', 'off'] as const) t.throws(() => output.plan({ type }), { code: 'order_unsupported' });
  t.same(output.hear(message('door/io/lock', 'UNLOCKED')), state(true));
  t.same(output.hear(message('door/io/lock0', 'LOCKED')), state(false));
  t.same(output.hear(message('door/io/door', 'ON')), OTHER);
  t.same(output.hear(message('door/io/lock', 'ajar')), refused('bad_state'));
});
