import { isJsonObject } from '../../base/json.ts';
import { MQTT_DEVICES_MAX } from '../../base/limits.ts';
import { type Device, type DeviceBook, DRIVERS } from '../../broker/devices.ts';
import { MESH, MQTT_PREFIX, mqttKey } from '../../ledger/mesh/keys.ts';
import type { StateReader } from '../../ledger/state.ts';
import type { ChangedKeys } from '../fold.ts';

const DOOR = 'door';
/** Where dapp `door` keeps its doors. */
const DOOR_PREFIX = 'door/';

/** The MQTT devices of the ledger; those asked for are remembered, for the broker asks for each message. */
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

  /** To be called after each commit of the fold. @returns the devices that are not as they were. */
  changed(changes: ChangedKeys): readonly string[] {
    if ((changes.get(DOOR) ?? []).some((key) => key.startsWith(DOOR_PREFIX))) this.#doors.clear();
    const keys = (changes.get(MESH) ?? []).filter((key) => key.startsWith(MQTT_PREFIX));
    const names = keys.map((key) => key.slice(MQTT_PREFIX.length));
    for (const name of names) this.#known.delete(name);
    return names;
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
