import t from 'tap';
import type { JsonObject } from '../../../src/base/json.ts';
import { Jinja } from '../../broker/jinja.ts';
import type { Program } from '../program.ts';
import { furnish, TestSpace } from '../space-harness.ts';
import { MqttClients } from './mqtt-client.ts';

const CONFIG = '[broker]\nport = 0\nloopback_port = 0';
/** Longer than it takes from an output that goes on to a feedback that follows it, or the lock would be jammed. */
const FEEDBACK_MS = 4_000;

/** What a client has on a topic now: the payload that came last. */
async function payloadAt(subscriber: Program, topic: string, from = 0): Promise<string> {
  const line = await subscriber.line((one) => one.startsWith('got') && one.split(' ')[2] === topic, from);
  return line.split(' ').slice(3).join(' ');
}

t.test('Home Assistant finds a door, opens it, and sees locked, unlocked, jammed, unavailable', async (t) => {
  const jinja = new Jinja();
  t.teardown(() => jinja.stop());
  const space = await TestSpace.make(t, {
    doors: ['front'],
    fedBack: ['front'],
    feedbackMs: FEEDBACK_MS,
    config: CONFIG,
  });
  const pins = await space.startPins();
  const node = await space.startNode();
  const clients = await MqttClients.of(t, space);
  await clients.add('home', '--driver', 'homeassistant');
  const home = await clients.subscriber('home', 'homeassistant/#', '-t', 'blockmesh/#');
  // Open until it is locked again.
  await furnish(space, [{ name: 'front', openMs: 60_000 }], []);

  const found = await home.line((line) => line.includes('/config ') && line.includes('"lock"'));
  const discovery = JSON.parse(found.slice(found.indexOf('{'))) as {
    readonly availability: readonly { readonly topic: string; readonly value_template?: string }[];
    readonly components: { readonly lock: Readonly<Record<string, string>> };
  };
  const { lock } = discovery.components;
  const rendered = async (line: string) =>
    await jinja.render(lock.value_template ?? '', { payload: line.slice(line.indexOf('{')) });
  const shows = async (state: string, from: number): Promise<void> => {
    const wanted = lock[`state_${state}`];
    const line = await home.line(
      (one) => one.split(' ')[2] === lock.state_topic && one.includes(`"state":"${wanted}"`),
      from,
    );
    t.equal(await rendered(line), wanted, `the lock shows ${state}`);
  };
  await shows('locked', 0);
  for (const { topic, value_template: template } of discovery.availability) {
    const payload = await payloadAt(home, topic);
    t.equal(template === undefined ? payload : await jinja.render(template, { payload }), 'online', topic);
  }

  let from = home.lines.length;
  const open = await jinja.render(lock.command_template ?? '', { value: lock.payload_unlock ?? '' });
  await clients.publish('home', lock.command_topic ?? '', open);
  await node.logged('output on', { output: 'front-strike' });
  await space.drive('front-feedback low');
  await shows('unlocked', from);

  from = home.lines.length;
  const shut = await jinja.render(lock.command_template ?? '', { value: lock.payload_lock ?? '' });
  await clients.publish('home', lock.command_topic ?? '', shut);
  await node.logged('output off', { output: 'front-strike', end: 'released' });
  await shows('jammed', from);
  from = home.lines.length;
  await space.drive('front-feedback high');
  t.equal((await space.cli('door', 'alarm-clear', 'front', 'welded')).code, 0, 'until a person has looked at it');
  await shows('locked', from);

  from = home.lines.length;
  await pins.kill();
  t.equal(await payloadAt(home, 'blockmesh/front/availability', from), 'offline', 'the lock shows unavailable');
  from = home.lines.length;
  await space.startPins();
  t.equal(await payloadAt(home, 'blockmesh/front/availability', from), 'online');

  from = home.lines.length;
  await clients.publish('home', 'homeassistant/status', 'online');
  await home.line((line) => line.includes('/config ') && line.includes('"lock"'), from);
  await clients.publish('home', 'blockmesh/bridge/request/devices', '{"transaction":"a1"}');
  const answer = JSON.parse(await payloadAt(home, 'blockmesh/bridge/response/devices', from)) as JsonObject;
  t.match(answer, { status: 'ok', transaction: 'a1', data: [{ name: 'front', type: 'door', output: 'front-strike' }] });
  await clients.publish('home', 'blockmesh/bridge/request/nonsense', '');
  t.match(JSON.parse(await payloadAt(home, 'blockmesh/bridge/response/nonsense', from)), { status: 'error' });
  from = home.lines.length;
  await clients.publish('home', 'blockmesh/front/get', '');
  t.match(JSON.parse(await payloadAt(home, 'blockmesh/front', from)), { state: 'locked' });

  from = home.lines.length;
  t.equal((await space.cli('door', 'remove', 'front')).code, 0);
  const config = found.split(' ')[2] ?? '';
  t.equal(await payloadAt(home, config, from), '', 'a door that is gone is taken away');
  await node.stop();
  t.equal(await payloadAt(home, 'blockmesh/bridge/state', from), '{"state":"offline"}');
});
