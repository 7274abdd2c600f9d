import t from 'tap';
import { codeOf } from '../../src/base/errors.ts';
import * as espRfid from '../../src/devices/mqtt/esp-rfid.ts';
import type { MqttOutput } from '../../src/devices/mqtt/message.ts';
import { shellyOutput } from '../../src/devices/mqtt/shelly.ts';
import { tasmotaOutput } from '../../src/devices/mqtt/tasmota.ts';
import { Relays } from '../../src/devices/relays.ts';
import { FakeLink } from './mqtt/fake-link.ts';

/** Relays on one link; timers run when the test says so, and then all that wait. */
function relaysOn(output: MqttOutput, longestMs = 10_000) {
  const link = new FakeLink();
  const timers = new Set<() => void>();
  const events: string[] = [];
  const levels: (boolean | null)[] = [];
  const after = (_delayMs: number, task: () => void) => {
    timers.add(task);
    return () => void timers.delete(task);
  };
  const relays = new Relays([{ name: 'lock', longestMs, link, output }], {
    clock: { after },
    onEvent: ({ id, end = 'on' }) => events.push(`${id} ${end}`),
    onThere: () => {},
    onLevel: (_name, isOn) => levels.push(isOn),
  });
  /** Lets the real time go on that a pulse of 1 ms needs, and fires what waits. */
  const pass = async () => {
    while (timers.size > 0) {
      await new Promise(setImmediate);
      const due = [...timers];
      timers.clear();
      for (const task of due) task();
    }
  };
  return { link, relays, events, levels, pass };
}

const refusal = (task: () => unknown) => {
  try {
    task();
    return 'done';
  } catch (error) {
    return codeOf(error);
  }
};

t.test('a Shelly relay is switched on and off again, and to its safe level whenever it comes', async (test) => {
  const { link, relays, events, pass } = relaysOn(shellyOutput('shelly1-1', 0));
  const ON = ['shellies/shelly1-1/relay/0/command', 'on'];
  const OFF = ['shellies/shelly1-1/relay/0/command', 'off'];
  test.equal(
    refusal(() => relays.pulse('lock', 1, 'a')),
    'output_offline',
    'nobody is there yet',
  );
  test.strictSame(events, []);
  link.open();
  test.strictSame(link.sent.splice(0), [OFF], 'at its safe level from the start');
  relays.pulse('lock', 1, 'b');
  test.strictSame(relays.list()[0]?.on, true);
  await pass();
  test.strictSame(link.sent.splice(0), [ON, OFF]);
  test.strictSame(events, ['b on', 'b timer']);

  relays.hold('lock', 'c');
  relays.pulse('lock', 1, 'd');
  relays.release('lock');
  test.strictSame(events.splice(0), ['b on', 'b timer', 'c on', 'd on', 'd released', 'c released']);
  test.strictSame(link.sent.splice(0), [ON, ON, OFF]);

  relays.hold('lock', 'e');
  link.says('shellies/shelly1-1/online', 'false');
  link.says('shellies/shelly1-1/online', 'true');
  test.strictSame(link.sent.splice(0), [ON, OFF], 'a device that returns is told to be off, whatever it was');
  test.strictSame(events.splice(0), ['e on', 'e released'], 'and nobody takes it to be on');
  relays.hold('lock', 'f');
  test.strictSame(link.sent.splice(0), [ON]);
  relays.stop();
  test.strictSame(events.splice(0), ['f on', 'f stopped']);
  test.equal(link.listeners.size, 0);
});

t.test('what asks too much is refused', async (test) => {
  const { link, relays } = relaysOn(shellyOutput('s', 0), 100);
  link.open();
  test.equal(
    refusal(() => relays.pulse('lock', 101, 'a')),
    'too_long',
  );
  relays.hold('lock', 'a');
  test.equal(
    refusal(() => relays.pulse('lock', 5, 'a')),
    'id_reused',
  );
  test.ok(relays.has('lock'));
  test.notOk(relays.has('other'));
  relays.stop();
});

t.test('nothing stays on longer than the longest time', async (test) => {
  const { link, relays, events, pass } = relaysOn(shellyOutput('s', 0), 1);
  link.open();
  relays.hold('lock', 'a');
  await pass();
  test.strictSame(events, ['a on', 'a longest']);
  relays.stop();
});

t.test('a Tasmota relay ends by itself at the longest time, should we be gone', async (test) => {
  const { link, relays } = relaysOn(tasmotaOutput('shed', 1), 10_000);
  link.says('tele/shed/LWT', 'Online');
  link.open();
  link.sent.splice(0);
  relays.pulse('lock', 3_000, 'a');
  test.strictSame(link.sent, [['cmnd/shed/Backlog', 'PulseTime1 100; Power1 ON']]);
  relays.stop();
});

t.test('a relay that says otherwise than it was told is heard', async (test) => {
  const { link, relays, levels } = relaysOn(tasmotaOutput('shed', 1));
  link.open();
  link.says('stat/shed/POWER', 'OFF', true);
  test.strictSame(levels, [], 'what is retained says nothing about now');
  link.says('stat/shed/POWER', 'ON');
  link.says('stat/shed/RESULT', '{"POWER":"ON"}');
  test.equal(relays.list()[0]?.level, 'high');
  link.says('tele/shed/LWT', 'Offline');
  test.equal(relays.list()[0]?.level, 'unknown');
  test.strictSame(levels, [true, null]);
  relays.stop();
});

t.test('an esp-rfid opens for its own time and is not told to be off', async (test) => {
  const { link, relays, events, pass } = relaysOn(espRfid.espRfidOutput('door', () => '192.0.2.7'));
  link.open();
  test.strictSame(link.sent, []);
  relays.pulse('lock', 1, 'a');
  await pass();
  test.strictSame(link.sent, [['door/cmd', '{"cmd":"opendoor","doorip":"192.0.2.7"}']]);
  test.strictSame(events, ['a on', 'a timer']);
  relays.stop();
});

t.test('a relay that went in mid-pulse without a word is off when it is back', async (test) => {
  const { link, relays, events, levels, pass } = relaysOn(shellyOutput('s', 0));
  const own = 'shellies/s/relay/0';
  const OFF = [`${own}/command`, 'off'];
  link.open();
  relays.pulse('lock', 1, 'a');
  link.says(own, 'on');
  link.isConnected = false;
  link.sent.splice(0);
  await pass();
  test.strictSame(events, ['a on', 'a timer']);
  test.strictSame(levels, [true, null], 'nobody knows how it is');
  test.strictSame(link.sent, [], 'nobody is there to be told');
  link.isConnected = true;
  link.says(own, 'on');
  test.strictSame(link.sent.splice(0), [OFF]);

  link.says('shellies/s/online', 'true');
  test.strictSame(link.sent.splice(0), [OFF], 'also when its new connection came before the old one was seen to end');
  relays.stop();
});

t.test('each pulse is an order: what it would prolong may have ended at the device', async (test) => {
  const { link, relays } = relaysOn(espRfid.espRfidOutput('door', () => null));
  link.open();
  relays.pulse('lock', 5_000, 'a');
  relays.pulse('lock', 5_000, 'b');
  const OPEN = ['door/cmd', '{"cmd":"opendoor"}'];
  test.strictSame(link.sent.splice(0), [OPEN, OPEN]);
  link.isConnected = false;
  test.equal(
    refusal(() => relays.pulse('lock', 5_000, 'c')),
    'output_offline',
    'nobody is told that a door opens whose device is gone',
  );
  relays.stop();
});
