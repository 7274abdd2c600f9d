import { type Command, Option } from 'commander';
import type { JsonObject } from '../base/json.ts';
import { DRIVERS } from '../broker/devices.ts';
import { instantsIn, SpaceClock } from './clock.ts';
import { type CommonOptions, common, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { columns, plain, print } from './output.ts';
import { everyPage } from './pages.ts';

interface AddOptions extends CommonOptions {
  readonly driver: string;
  readonly topic?: string;
  readonly plain?: boolean;
}

const NAME = 'name of the device, such as laser-reader';
const text = (value: unknown) => plain(String(value));

export function deviceCommands(program: Command, environment: Environment): void {
  const device = program.command('device').description('devices that speak MQTT to this board');
  addCommand(device, environment);
  listCommand(device, environment);
  changeCommands(device, environment);
  const ca = device
    .command('ca')
    .description('print the certificate by which devices and programs know the board (PEM)');
  common(ca, environment, ['device ca > ca.pem', 'device ca --json']).action(async (options: CommonOptions) => {
    const result = await withSession(options, environment, (session) => session.call('device.ca', {}));
    print(result, options.json === true, () => String((result as JsonObject).certificate).trim());
  });
}

function addCommand(device: Command, environment: Environment): void {
  const add = device
    .command('add')
    .description('add a device; its password is printed once')
    .argument('<name>', NAME)
    .addOption(new Option('--driver <driver>', 'what it is').choices([...DRIVERS]).default('generic'))
    .option(
      '--topic <topic>',
      'where it has its topics, as its maker means it (default: its name); those of generic and homeassistant follow from the name',
    )
    .option('--plain', 'it cannot do TLS: let it in over the interface of [broker.plain] too');
  common(add, environment, [
    'device add laser-reader --driver tasmota --topic tasmota_8EC793',
    'device add shop-reader --driver esp-rfid --topic rfid/shop --plain',
    'device add home --driver homeassistant',
  ]);
  add.action(async (name: string, options: AddOptions) => {
    const { driver, topic } = options;
    const params = { device: name, driver, plain: options.plain === true, ...(topic !== undefined && { topic }) };
    const result = (await withSession(options, environment, (session) =>
      session.call('device.add', params),
    )) as JsonObject;
    print(result, options.json === true, () => `${added(result)}\n${passwordText(result)}`);
  });
}

function listCommand(device: Command, environment: Environment): void {
  const list = device.command('list').description('list the devices, and whether they are connected now');
  common(list, environment, ['device list', 'device list --json']).action(async (options: CommonOptions) => {
    const { devices, clock } = await withSession(options, environment, async (session) => {
      const all = await everyPage(session, 'device.list', 'devices', 'device');
      const status = session.isNodeRunning ? ((await session.call('node.status', {})) as JsonObject) : {};
      const online = new Set(connectedIn(status));
      const spaceClock = new SpaceClock(session);
      await spaceClock.know(...instantsIn(all, 'since'));
      return { devices: all.map((one) => ({ ...one, connected: online.has(one.device) })), clock: spaceClock };
    });
    print({ devices }, options.json === true, () => table(devices, clock));
  });
}

function changeCommands(device: Command, environment: Environment): void {
  const rotate = device
    .command('rotate')
    .description('give a device a new password, printed once; with the old one it is cut off at once')
    .argument('<name>', NAME);
  common(rotate, environment, ['device rotate laser-reader']);
  rotate.action(async (name: string, options: CommonOptions) => {
    const result = (await withSession(options, environment, (session) =>
      session.call('device.rotate', { device: name }),
    )) as JsonObject;
    print(result, options.json === true, () => `${text(name)} has a new password\n${passwordText(result)}`);
  });

  const remove = device
    .command('remove')
    .description('remove a device: it is cut off at once, and its retained messages go with it')
    .argument('<name>', NAME);
  common(remove, environment, ['device remove laser-reader']);
  remove.action(async (name: string, options: CommonOptions) => {
    const result = await withSession(options, environment, (session) =>
      session.call('device.remove', { device: name }),
    );
    print(result, options.json === true, () => `${text(name)} is removed`);
  });
}

function added({ device, driver, topic, plain: isPlain }: JsonObject): string {
  const how = isPlain === true ? ', without TLS too' : '';
  return `${text(device)} is added: ${text(driver)}, ${topicText(String(driver), text(topic))}${how}`;
}

/** BASE is what `[broker] base` says. */
function topicText(driver: string, topic: string): string {
  if (driver === 'homeassistant') return 'it hears all below BASE/ (usually blockmesh/) and commands the doors';
  return driver === 'generic' ? `its topics begin with BASE/${topic}/ (usually blockmesh/${topic}/)` : `topic ${topic}`;
}

function passwordText({ device, password }: JsonObject): string {
  return `user      ${text(device)}\npassword  ${text(password)}\nIt is not kept: type it into the device now.`;
}

function connectedIn({ broker }: JsonObject): readonly unknown[] {
  const { devices = [] } = (broker ?? {}) as { readonly devices?: readonly JsonObject[] };
  return devices.map(({ device }) => device);
}

function table(devices: readonly JsonObject[], clock: SpaceClock): string {
  if (devices.length === 0) return 'no devices; add one with `blockmesh device add NAME --driver DRIVER`';
  return columns(
    devices.map(({ device, driver, topic, plain: isPlain, since, connected }) => [
      ...[device, driver, topic].map(text),
      `since ${clock.text(Number(since))}`,
      isPlain === true ? 'PLAIN' : '',
      connected === true ? 'connected' : '',
    ]),
  );
}
