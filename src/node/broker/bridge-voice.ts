import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { type Availability, availabilityTopic, BRIDGE_DEVICES, BRIDGE_INFO } from '../../broker/bridge-messages.ts';
import { discoveryOf, undiscoveryOf } from '../../broker/discovery.ts';
import { idText } from '../../format/ids.ts';
import { MESH, MESH_KEY } from '../../ledger/mesh/keys.ts';
import type { Space } from '../space.ts';
import type { BridgeDoor } from './bridge-doors.ts';

export interface PublishOptions {
  readonly retain: boolean;
  readonly qos: 0 | 1;
}

export interface VoiceParts {
  readonly publish: (topic: string, payload: string, options: PublishOptions) => Promise<void>;
  /** First level of our topics. */
  readonly base: string;
  readonly version: string;
  readonly space: Space;
}

/** Two spaces may feed one Home Assistant, and so many last letters of their ids tell them apart. */
const MESH_CHARS = 8;

/** What this board says on MQTT of itself and its doors. */
export class Voice {
  readonly #parts: VoiceParts;

  constructor(parts: VoiceParts) {
    this.#parts = parts;
  }

  /** Says `payload` as JSON on a topic below our base. */
  tell(topic: string, payload: Json, retain = true): Promise<void> {
    return this.send(topic, JSON.stringify(payload), retain);
  }

  /** Says `payload` as it is on a topic below our base. */
  send(topic: string, payload: string, retain = true): Promise<void> {
    return this.#parts.publish(`${this.#parts.base}/${topic}`, payload, { retain, qos: 1 });
  }

  async introduce(doors: readonly BridgeDoor[]): Promise<void> {
    await this.tell(BRIDGE_INFO, this.info());
    await this.tell(BRIDGE_DEVICES, this.devices(doors));
  }

  async availability(doors: readonly BridgeDoor[], isDrivable: (output: string) => boolean): Promise<void> {
    for (const { door, output } of doors) {
      const available: Availability = isDrivable(output) ? 'online' : 'offline';
      await this.send(availabilityTopic(door), available);
    }
  }

  async discover(doors: readonly BridgeDoor[]): Promise<void> {
    for (const door of doors) {
      const { topic, payload } = discoveryOf(door, this.#context());
      await this.#parts.publish(topic, payload, { retain: true, qos: 1 });
    }
  }

  /** Takes back all that is retained of a door that is gone. */
  async withdraw(door: string): Promise<void> {
    const { topic, payload } = undiscoveryOf(door, this.#context());
    await this.#parts.publish(topic, payload, { retain: true, qos: 1 });
    await this.send(door, '');
    await this.send(availabilityTopic(door), '');
  }

  info(): JsonObject {
    const { space, version } = this.#parts;
    return { version, mesh: idText(space.mesh), space: this.#spaceName(), node: space.nodeKey };
  }

  devices(doors: readonly BridgeDoor[]): Json {
    return doors.map(({ door, title, reader, output, nonceTag }) => {
      return { name: door, type: 'door', title, reader, output, nonce_tag: nonceTag };
    });
  }

  #context() {
    const { base, version, space } = this.#parts;
    return { base, version, mesh: idText(space.mesh).slice(-MESH_CHARS), spaceName: this.#spaceName() };
  }

  #spaceName(): string {
    const mesh = this.#parts.space.state.read(MESH, MESH_KEY);
    return isJsonObject(mesh) && typeof mesh.name === 'string' ? mesh.name : 'blockmesh';
  }
}
