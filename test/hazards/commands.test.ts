import t from 'tap';
import type { JsonObject } from '../../src/base/json.ts';
import { MqttClients } from '../node/broker/mqtt-client.ts';
import { untilFound } from '../node/program.ts';
import { furnish, TestSpace } from '../node/space-harness.ts';

const CONFIG = '[broker]\nport = 0\nloopback_port = 0';
const SET = 'blockmesh/front/set';

t.test('retained or repeated command', async (t) => {
  const space = await TestSpace.make(t, { doors: ['front', 'back'], config: CONFIG });
  await space.startPins();
  const opened: string[] = [];
  await space.pins(({ output, end }) => {
    if (end === undefined) opened.push(output);
  });
  let node = await space.startNode();
  await furnish(
    space,
    ['front', 'back'].map((name) => ({ name, openMs: 100 })),
    [],
  );
  let clients = await MqttClients.of(t, space);
  await clients.add('home', '--driver', 'homeassistant');
  const events = await clients.subscriber('home', 'blockmesh/bridge/event');
  const tagOf = (door: string) => untilFound(async () => await tagIn(clients, door), `the nonce tag of ${door}`);
  const tag = await tagOf('front');
  const foreign = await tagOf('back');
  t.not(tag, foreign);

  let nonces = 0;
  const command = (more: JsonObject = {}): string => {
    nonces += 1;
    return JSON.stringify({ action: 'open', nonce: `${tag}-${nonces}`, expires: Date.now() + 9_000, ...more });
  };
  const refused = async (code: string, payload: string, ...words: readonly string[]): Promise<void> => {
    const from = node.lines.length;
    const told = events.lines.length;
    await clients.publish('home', SET, payload, '-q', '1', ...words);
    await node.line((line) => line.includes(`"code":"${code}"`) && line.includes('"device":"home"'), from);
    await events.line(
      (line) => line.includes(`"type":"refused","door":"front","device":"home","code":"${code}"`),
      told,
    );
  };

  const good = command();
  // One client sends it twice: a second client may take so long to start that the command has expired.
  await refused('nonce_repeated', good, '--repeat', '2');
  await node.logged('output off', { output: 'front-strike' });
  t.strictSame(opened.splice(0), ['front-strike']);

  await refused('command_retained', command(), '-r');
  await refused('command_expired', command({ expires: Date.now() - 1 }));
  await refused('command_too_far', command({ expires: Date.now() + 60_000 }));
  await refused('nonce_foreign', command({ nonce: `${foreign}-1` }));
  await refused('command_invalid', 'OPEN');
  await refused('command_invalid', command({ action: 'unlock' }));
  t.match((await space.cli('status')).stdout, /commands to doors: 1 taken, 7 refused/);

  const late = command();
  await clients.publish('home', SET, late, '-q', '1');
  await untilFound(async () => opened.length === 1 || undefined, 'the door opens once more');
  await node.kill();
  node = await space.startNode();
  clients = clients.again(await MqttClients.of(t, space));
  const from = node.lines.length;
  await clients.publish('home', SET, late, '-q', '1');
  const line = await node.line((one) => /"code":"(nonce_repeated|command_expired)"/.test(one), from);
  t.ok(line, 'the death of the node makes no command new');
  t.equal(await node.line((one) => one.includes('"code":"command_retained"')).then(Boolean), true, 'nor a start');
  t.strictSame(opened, ['front-strike'], 'of all these one moved the door');
});

async function tagIn(clients: MqttClients, door: string): Promise<string | undefined> {
  const subscriber = await clients.subscriber('home', 'blockmesh/bridge/devices');
  const line = await subscriber.line((one) => one.startsWith('got'));
  await subscriber.kill();
  const devices = JSON.parse(line.slice(line.indexOf('['))) as readonly JsonObject[];
  const found = devices.find(({ name }) => name === door);
  return typeof found?.nonce_tag === 'string' ? found.nonce_tag : undefined;
}
