import type { Device, Driver } from './devices.ts';
import { covers, filterMatches, isBounded } from './topics.ts';

/** Who may say and hear what: a pure function of the device's record in the ledger and of how it is connected. */

export interface RuleContext {
  /** `[broker] base`. */
  readonly base: string;
  /** Whether `<base>/<name>` belongs to something else than a device: a door. */
  readonly isOurs: (name: string) => boolean;
}

/** A device as it is connected. */
export interface Connected {
  readonly name: string;
  readonly device: Device;
  /** Whether nobody on the way can read or change what it says: TLS, or a connection within this machine. */
  readonly isPrivate: boolean;
}

const HOME_ASSISTANT = 'homeassistant';
/** The first levels that other drivers, Home Assistant and the broker itself speak under. */
const RESERVED_ROOTS = [HOME_ASSISTANT, 'shellies', 'tele', 'stat', 'cmnd', 'tasmota', '$SYS'];
/** What follows the name of a door or a device that is told to do something. */
const COMMANDS = ['set', 'get'];
const TASMOTA_COMMANDS = 'cmnd';
const TASMOTA_ROOTS = ['tele', 'stat', TASMOTA_COMMANDS];
/** The last level of the topics on which other drivers take commands. */
const DRIVER_COMMANDS: Readonly<Partial<Record<Driver, string>>> = {
  'esp-rfid': 'cmd',
  esphome: 'command',
  shelly: 'command',
};

/** Filters of the topics that are a device's own. */
export function topicsOf(name: string, { driver, topic }: Device, context: RuleContext): readonly string[] {
  const { base, isOurs } = context;
  const [root = ''] = topic.split('/');
  switch (driver) {
    case 'generic':
      return isOurs(name) || name === 'bridge' ? [] : [`${base}/${name}/#`];
    case 'tasmota':
      return TASMOTA_ROOTS.map((one) => `${one}/${topic}/#`);
    case 'shelly':
      return [`shellies/${topic}/#`];
    default:
      // A base may be changed after a device was added under its new name.
      return RESERVED_ROOTS.includes(root) || base.split('/')[0] === root ? [] : [`${topic}/#`];
  }
}

/** Filters that cover all a device may be sent. */
function readable({ name, device }: Connected, context: RuleContext): readonly string[] {
  const { base } = context;
  if (device.driver === HOME_ASSISTANT) return [`${base}/#`, `${HOME_ASSISTANT}/#`];
  return topicsOf(name, device, context);
}

/** Filters that cover all a device may say. */
function writable({ name, device, isPrivate }: Connected, context: RuleContext): readonly string[] {
  const { base } = context;
  if (device.driver !== HOME_ASSISTANT) return topicsOf(name, device, context);
  // Whoever reads along on an unencrypted line could send a command as well.
  const commands = isPrivate ? COMMANDS.map((command) => `${base}/+/${command}`) : [];
  return [`${HOME_ASSISTANT}/status`, `${base}/bridge/request/#`, ...commands];
}

export function mayPublish(who: Connected, topic: string, context: RuleContext): boolean {
  if (!isBounded(topic) || topic.startsWith('$')) return false;
  if (isOwnCommand(who, topic)) return false;
  return writable(who, context).some((filter) => filterMatches(filter, topic));
}

/**
 * Whether a device's commands are heard at `topic`. A device only hears them: with a password that was read from an
 * unencrypted line, nobody else switches its relay through us.
 */
function isOwnCommand({ device }: Connected, topic: string): boolean {
  const levels = topic.split('/');
  const last = levels.at(-1) ?? '';
  if (device.driver === 'tasmota') return levels[0] === TASMOTA_COMMANDS;
  if (device.driver === 'generic') return COMMANDS.includes(last);
  return last === DRIVER_COMMANDS[device.driver];
}

/** Whether every topic that `filter` picks is one the device may be sent. */
export function maySubscribe(who: Connected, filter: string, context: RuleContext): boolean {
  if (!isBounded(filter) || filter.startsWith('$')) return false;
  return readable(who, context).some((wider) => covers(wider, filter));
}

export function mayReceive(who: Connected, topic: string, context: RuleContext): boolean {
  return readable(who, context).some((filter) => filterMatches(filter, topic));
}

/** Drivers whose devices, or other clients of the same device, may want to hear what they said themselves. */
const ECHOED: readonly Driver[] = ['generic', HOME_ASSISTANT];

/**
 * Whether a device may be sent what the device `publisher`, null: this node, has said. Readers and relays hear their
 * commands alone: with a reader's password, nobody else listens to the numbers of all cards that are held to it.
 */
export function mayHearFrom({ name, device }: Connected, publisher: string | null): boolean {
  return publisher !== name || ECHOED.includes(device.driver);
}
