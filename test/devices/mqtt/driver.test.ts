import t from 'tap';
import { READER_QUEUE_MAX } from '../../../src/base/limits.ts';
import { MqttReader } from '../../../src/devices/mqtt/driver.ts';
import * as tasmota from '../../../src/devices/mqtt/tasmota.ts';
import { realClock } from '../serial-pty.ts';
import { FakeLink } from './fake-link.ts';

const SENSOR = 'tele/shed/SENSOR';
const LWT = 'tele/shed/LWT';

function card(uid: string): string {
  return JSON.stringify({ Time: '2026-11-22T10:00:00', RDM6300: { UID: uid } });
}

async function readerOn(link: FakeLink) {
  const badges: bigint[] = [];
  const states: string[] = [];
  const reader = new MqttReader({
    name: 'shed',
    clock: { ...realClock, monotonicMs: () => 1_000 },
    link,
    hear: (message) => tasmota.hearReader('shed', message),
    onBadge: ({ value }) => badges.push(value),
    onState: (state, cause) => states.push(cause === undefined ? state : `${state} ${cause.code}`),
  });
  await reader.start();
  return { reader, badges, states };
}

t.test('a badge by MQTT is heard once a presentation, and never from what is retained', async (test) => {
  const link = new FakeLink();
  const { reader, badges } = await readerOn(link);
  link.open();
  link.says(SENSOR, card('008EC793'));
  link.says(SENSOR, card('008EC793'));
  link.says(SENSOR, card('008EC794'), true);
  link.says(SENSOR, 'garbage');
  link.says(SENSOR, card('00000000'));
  test.strictSame(badges, [0x8ec793n]);
  const { repeats, refused } = reader.stats();
  test.equal(repeats, 1);
  test.match(refused, { retained: 1, not_json: 1, zero_uid: 1 });
  await reader.stop();
  link.says(SENSOR, card('008EC795'));
  test.equal(badges.length, 1, 'nothing is heard after the end');
});

t.test('a device that floods is dropped over its rate', async (test) => {
  const link = new FakeLink();
  const { reader, badges } = await readerOn(link);
  link.open();
  for (let uid = 1; uid <= 10_000; uid += 1) link.says(SENSOR, card(uid.toString(16).padStart(8, '0')));
  test.equal(badges.length, READER_QUEUE_MAX);
  test.equal(reader.stats().dropped, 10_000 - READER_QUEUE_MAX);
  await reader.stop();
});

t.test('a reader is there while broker and device are', async (test) => {
  const link = new FakeLink();
  const { reader, states } = await readerOn(link);
  link.open();
  link.says(LWT, 'Offline');
  link.says(LWT, 'Online');
  link.says(LWT, 'Online');
  link.lose();
  link.open();
  test.strictSame(states, ['open', 'lost reader_offline', 'open', 'lost broker_down', 'open']);
  await reader.stop();
  test.equal(link.listeners.size, 0);
});
