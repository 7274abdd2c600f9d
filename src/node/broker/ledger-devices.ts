import { isJsonObject } from '../../base/json.ts';
import { MQTT_DEVICES_MAX, SCAN_ROWS_MAX } from '../../base/limits.ts';
import { type Device, type DeviceBook, DRIVERS } from '../../broker/devices.ts';
import { MESH, MQTT_PREFIX, mqttKey } from '../../ledger/mesh/keys.ts';
import type { StateReader } from '../../ledger/state.ts';
import type { ChangedKeys } from '../fold.ts';
import type { BookEntry } from './thread-messages.ts';

const DOOR = 'door';
/** Where dapp `door` keeps its doors. */
const DOOR_PREFIX = 'door/';

/** A device of the ledger that is not as it was. */
export interface ChangedDevice {
  readonly entry: BookEntry;
  /** Whether it is its own record that changed, and not the doors around it. */
  readonly isNew: boolean;
}

/** The MQTT devices of the ledger; those asked for are remembered, for drivers ask for each message. */
export class LedgerDevices implements DeviceBook {
  readonly #state: StateReader;
  readonly #known = new Map<string, Device>();
  /** Names that were asked for, and whether a door has them. */
  readonly #doors = new Map<string, boolean>();

  constructor(state: StateReader) {
    this.#state = state;
  }

  find(name: string): Device | null {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const device = deviceFrom(this.#state.read(MESH, mqttKey(name)));
    if (device !== null && this.#known.size < MQTT_DEVICES_MAX) this.#known.set(name, device);
    return device;
  }

  /** Whether a door has the name: then nobody else speaks for it. */
  isDoor(name: string): boolean {
    const known = this.#doors.get(name);
    if (known !== undefined) return known;
    const isDoor = this.#state.read(DOOR, `${DOOR_PREFIX}${name}`) !== null;
    if (this.#doors.size < MQTT_DEVICES_MAX) this.#doors.set(name, isDoor);
    return isDoor;
  }

  /** Every device there is. */
  all(): readonly BookEntry[] {
    const found: BookEntry[] = [];
    let after: string | null = null;
    for (;;) {
      const { rows, more } = this.#state.scan(MESH, MQTT_PREFIX, after, SCAN_ROWS_MAX);
      found.push(...rows.map(({ key }) => this.#entry(key.slice(MQTT_PREFIX.length))));
      after = rows.at(-1)?.key ?? null;
      if (!more || after === null) return found;
    }
  }

  /** To be called after each commit of the fold. */
  changed(changes: ChangedKeys): readonly ChangedDevice[] {
    const under = (dapp: string, prefix: string) =>
      (changes.get(dapp) ?? []).filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
    const [names, doors] = [under(MESH, MQTT_PREFIX), under(DOOR, DOOR_PREFIX)];
    for (const name of names) this.#known.delete(name);
    for (const name of doors) this.#doors.delete(name);
    const shadowed = doors.filter((name) => !names.includes(name) && this.find(name) !== null);
    return [
      ...names.map((name) => ({ entry: this.#entry(name), isNew: true })),
      ...shadowed.map((name) => ({ entry: this.#entry(name), isNew: false })),
    ];
  }

  #entry(name: string): BookEntry {
    return { name, device: this.find(name), isOurs: this.isDoor(name) };
  }
}

function deviceFrom(value: unknown): Device | null {
  if (!isJsonObject(value) || !isJsonObject(value.secret)) return null;
  const driver = DRIVERS.find((one) => one === value.driver);
  const { topic, plain, secret } = value;
  const { salt, hash } = secret;
  if (driver === undefined || typeof topic !== 'string' || typeof salt !== 'string' || typeof hash !== 'string') {
    return null;
  }
  return { driver, topic, plain: plain === true, secret: { salt, hash } };
}
