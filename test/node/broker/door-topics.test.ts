import t from 'tap';
import { furnish, TestSpace } from '../space-harness.ts';
import { MqttClients } from './mqtt-client.ts';

/** What a door says on MQTT, from its wires to a stock client. */

const CARD = '0009362416';

t.test('a door’s state is retained, what happened at it is not, and no card is in either', async (t) => {
  const config = '[broker]\nport = 0\nloopback_port = 0';
  const space = await TestSpace.make(t, { doors: ['front'], wired: ['front'], config });
  await space.startPins();
  await space.startNode();
  await furnish(space, [{ name: 'front', openMs: 300 }], [CARD]);
  const wires = ['--exit-button', 'front-exit', '--contact', 'front-contact', '--tamper', 'front-tamper'];
  t.match(await space.cli('door', 'edit', 'front', ...wires, '--bell', 'front-bell'), { code: 0 });
  const clients = await MqttClients.of(t, space);
  await clients.add('house', '--driver', 'homeassistant');
  const house = await clients.subscriber('house', 'blockmesh/#');
  const state = (words: string, flag = 0) =>
    house.line((line) => line.startsWith(`got ${flag} blockmesh/front `) && line.includes(words));
  const event = (words: string) =>
    house.line((line) => line.startsWith('got 0 blockmesh/bridge/event ') && line.includes(words));
  await state('"state":"locked"', 1);
  await space.drive('front-bell low', 'front-bell high', 'front-tamper low');
  await event('{"type":"bell","door":"front"}');
  await event('"alarm":"tamper"');
  await state('"alarms":["tamper"]');
  await space.cli('badge', 'test', 'front', CARD);
  await event('"type":"granted"');
  await state('"state":"unlocked"');
  await space.drive('front-contact high');
  await state('"contact":"open"');
  await space.cli('badge', 'test', 'front', '0000000099');
  await event('"type":"denied"');
  const said = house.lines.join('\n');
  for (const secret of [CARD, '0000000099', '"badge":', '"views":', '"hash":']) t.notOk(said.includes(secret), secret);
  const late = await clients.subscriber('house', 'blockmesh/#');
  await late.line((line) => line.startsWith('got 1 blockmesh/front ') && line.includes('"contact":"open"'));
  t.notOk(
    late.lines.some((line) => line.includes('bridge/event')),
    'who comes later hears how it is, not what was',
  );
});
