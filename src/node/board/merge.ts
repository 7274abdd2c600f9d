import { isIP } from 'node:net';
import { CodedError, messageOf } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { FIRST_DOORS_MAX, SSH_KEY_CHARS_MAX } from '../../base/limits.ts';
import { parseCredential } from '../../devices/credential-text.ts';
import type { CardPatch } from './card-patch.ts';
import type { BoardSettings, DoorOrder, NetworkSettings, SpaceOrders, WifiSettings } from './settings.ts';

/** Sections of the node whose tables are one device each: a device is taken as a whole, or not. */
const DEVICE_SECTIONS: readonly string[] = ['reader', 'input', 'output', 'relay'];

type Refuse = (path: readonly string[], what: string, advice: string) => CodedError;

/**
 * What the board is to be now. Whatever `patch` does not name stays as it was.
 * @throws config_invalid, with the line of the file `name`.
 */
export function mergeSettings(before: BoardSettings, patch: CardPatch, name: string): BoardSettings {
  const refuse: Refuse = (path, what, advice) => {
    const [line, key] = [patch.lineOf(path), path.join('.')];
    const fields = { path: name, key, line };
    return new CodedError('config_invalid', `${name} line ${line}: ${key} ${what}`, { fields, advice });
  };
  const { keys } = patch.ssh;
  return {
    board: { ...before.board, ...patch.board },
    wifi: mergeWifi(before.wifi, patch.wifi, refuse),
    network: mergeNetwork(before.network, patch.network, refuse),
    ssh: keys === undefined ? before.ssh : { keys: keys.map((key, at) => sshKey(key, at, refuse)) },
    space: mergeSpace(before.space, patch.space, refuse),
    door: mergeDoors(before, patch.door, refuse),
    doorsDone: before.doorsDone,
    node: mergeNode(before.node, patch.node),
  };
}

function mergeWifi(before: WifiSettings, { open, ...given }: CardPatch['wifi'], refuse: Refuse): WifiSettings {
  const { ssid = before.ssid, password } = given;
  const isSame = ssid === before.ssid;
  const { password: kept, ...known } = before;
  if (ssid !== undefined && Buffer.byteLength(ssid) > 32) {
    throw refuse(['wifi', 'ssid'], 'is longer than 32 bytes', 'Check the name of the network.');
  }
  if (open === true) {
    const { password: _, ...rest } = given;
    return { ...known, ...rest };
  }
  const wanted = password ?? (isSame ? kept : undefined);
  if (wanted !== undefined) {
    checkPassword(wanted, refuse);
    return { ...known, ...given, password: wanted };
  }
  // An open network of this name was settled before.
  if (isSame) return { ...known, ...given };
  throw refuse(
    ['wifi', 'ssid'],
    'has no password with it, and this board keeps none for that network',
    'Write its password below it, also in place of dots; or open = true for a network without one.',
  );
}

/** IEEE 802.11, J.4.1: 8 to 63 printable ASCII characters, or the key itself. */
function checkPassword(password: string, refuse: Refuse): void {
  if (/^([\x20-\x7e]{8,63}|[0-9A-Fa-f]{64})$/.test(password)) return;
  throw refuse(['wifi', 'password'], 'is no Wi-Fi password', 'It has 8 to 63 letters, digits and signs of ASCII.');
}

function mergeNetwork(before: NetworkSettings, { dhcp, ...given }: CardPatch['network'], refuse: Refuse) {
  if (dhcp === true) return {};
  checkAddresses(given, refuse);
  const merged: NetworkSettings = { ...before, ...given };
  if (merged.address !== undefined || (merged.gateway === undefined && merged.dns === undefined)) return merged;
  throw refuse(['network'], 'has no address', 'Give address = "192.168.1.20/24" too, or leave the section out.');
}

/** systemd-networkd passes over what it cannot read, and a board without an address tells nobody why. */
function checkAddresses({ address, gateway, dns = [] }: NetworkSettings, refuse: Refuse): void {
  const [host = '', length = ''] = address?.split('/') ?? [];
  const lengthMax = isIP(host) === 4 ? 32 : 128;
  if (address !== undefined && (isIP(host) === 0 || Number(length) > lengthMax)) {
    throw refuse(['network', 'address'], 'is no address with its length', 'Write it like "192.168.1.20/24".');
  }
  for (const [key, addresses] of Object.entries({ gateway: gateway === undefined ? [] : [gateway], dns })) {
    if (addresses.every((one) => isIP(one) !== 0)) continue;
    throw refuse(['network', key], 'is no address', 'Write it like 192.168.1.1, or leave the line out.');
  }
}

function sshKey(text: string, at: number, refuse: Refuse): string {
  const key = text.trim();
  const isKey = /^(ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}( \P{Cc}*)?$/u.test(key);
  if (isKey && key.length <= SSH_KEY_CHARS_MAX) return key;
  const what = `holds what is no public key of SSH, at place ${at + 1}`;
  throw refuse(['ssh', 'keys'], what, 'Copy the one line of a file such as id_ed25519.pub, without options.');
}

function mergeSpace(before: SpaceOrders, given: SpaceOrders, refuse: Refuse): SpaceOrders {
  const merged = { ...before, ...given };
  checkCards(given.badge === undefined ? [] : [given.badge], 'badge', refuse);
  checkCards(given.break_glass ?? [], 'break_glass', refuse);
  if (merged.badge !== undefined && merged.admin === undefined) {
    throw refuse(['space', 'badge'], 'is nobody’s', 'Say whose it is: admin = "NAME".');
  }
  return merged;
}

/** A number that nobody can read would be found out when the space is made, and keep it from being made. */
function checkCards(numbers: readonly string[], key: string, refuse: Refuse): void {
  for (const number of numbers) {
    try {
      parseCredential(number);
    } catch (error) {
      throw refuse(['space', key], `is no number of a card: ${messageOf(error)}`, 'Type the ten digits on the card.');
    }
  }
}

function mergeDoors(before: BoardSettings, given: CardPatch['door'], refuse: Refuse): BoardSettings['door'] {
  const wanted: Readonly<Record<string, DoorOrder>> = { ...before.door, ...given };
  const doors = Object.entries(wanted).filter(([name]) => !before.doorsDone.includes(name));
  if (doors.length <= FIRST_DOORS_MAX) return Object.fromEntries(doors);
  throw refuse(['door'], `is given more than ${FIRST_DOORS_MAX} times`, 'Add the others with `blockmesh door add`.');
}

/** A device with `remove = true` goes. */
function mergeNode(before: JsonObject, given: JsonObject): JsonObject {
  const merged = { ...before };
  for (const [section, value] of Object.entries(given)) {
    const [old = {}, now] = [before[section], value] as [JsonObject | undefined, JsonObject];
    // Whatever is no table is refused with the rest of the configuration.
    if (typeof now !== 'object' || Array.isArray(now)) merged[section] = value;
    else if (DEVICE_SECTIONS.includes(section)) merged[section] = withoutRemoved({ ...old, ...now });
    else merged[section] = { ...old, ...now };
  }
  return merged;
}

function withoutRemoved(devices: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(devices).filter(([, one]) => (one as { readonly remove?: unknown } | null)?.remove !== true),
  );
}
