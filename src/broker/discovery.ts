import type { JsonObject } from '../base/json.ts';
import { commandTemplate } from './door-command.ts';

/**
 * Home Assistant's MQTT discovery, one message for each door as a device of several entities
 * (home-assistant.io/integrations/mqtt, "Device discovery payload"; the fields of lock, binary_sensor and event on
 * their own pages there). It goes out retained, and again when Home Assistant says that it has started.
 */

const DISCOVERY_PREFIX = 'homeassistant';
/** Where Home Assistant says `online` after a start. */
export const DISCOVERY_STATUS = `${DISCOVERY_PREFIX}/status`;

export interface DiscoveredDoor {
  /** A name as in the ledger: lower-case letters, digits and dashes. */
  readonly door: string;
  readonly title: string | null;
  /** Whether an input tells if the door stands open. */
  readonly hasContact: boolean;
  /** Whether there is a bell. */
  readonly hasBell: boolean;
  /** What nonces for this door begin with. */
  readonly nonceTag: string;
}

interface DiscoveryContext {
  /** First level of our own topics. */
  readonly base: string;
  /** Letters of the mesh's id: two spaces may feed one Home Assistant. */
  readonly mesh: string;
  readonly spaceName: string;
  readonly version: string;
}

export interface RetainedMessage {
  readonly topic: string;
  /** Empty: nothing is retained there any more. */
  readonly payload: string;
}

/** The discovery message of one door. */
export function discoveryOf(door: DiscoveredDoor, context: DiscoveryContext): RetainedMessage {
  const { base, version, spaceName } = context;
  const id = deviceId(door.door, context);
  const payload: JsonObject = {
    device: {
      identifiers: [id],
      name: door.title ?? door.door,
      manufacturer: 'blockmesh',
      model: `Door of ${spaceName}`,
      sw_version: version,
    },
    origin: { name: 'blockmesh', sw_version: version },
    availability: [
      { topic: `${base}/bridge/state`, value_template: '{{ value_json.state }}' },
      { topic: `${base}/${door.door}/availability` },
    ],
    availability_mode: 'all',
    qos: 1,
    components: componentsOf(door, id, base),
  };
  return { topic: discoveryTopic(id), payload: JSON.stringify(payload) };
}

/** Takes a door that is gone away from Home Assistant. */
export function undiscoveryOf(door: string, context: DiscoveryContext): RetainedMessage {
  return { topic: discoveryTopic(deviceId(door, context)), payload: '' };
}

function deviceId(door: string, { mesh }: DiscoveryContext): string {
  return `blockmesh_${mesh}_${door}`;
}

function discoveryTopic(id: string): string {
  return `${DISCOVERY_PREFIX}/device/${id}/config`;
}

/** Every event of the space comes on one topic; what is empty after its template, Home Assistant passes over. */
function bellTemplate(door: string): string {
  const isOurs = `value_json.type == 'bell' and value_json.door == '${door}'`;
  return `{{ '{"event_type": "press"}' if ${isOurs} else '' }}`;
}

function componentsOf({ door, hasContact, hasBell, nonceTag }: DiscoveredDoor, id: string, base: string): JsonObject {
  const state = { state_topic: `${base}/${door}` };
  const unique = (part: string): JsonObject => ({ unique_id: `${id}_${part}` });
  const problem = {
    platform: 'binary_sensor',
    ...unique('alarm'),
    name: 'Alarm',
    device_class: 'problem',
    entity_category: 'diagnostic',
    ...state,
    value_template: "{{ 'ON' if value_json.alarms else 'OFF' }}",
  };
  const contact: JsonObject = hasContact
    ? {
        contact: {
          platform: 'binary_sensor',
          ...unique('contact'),
          name: null,
          device_class: 'door',
          ...state,
          value_template: "{{ {'open': 'ON', 'closed': 'OFF'}.get(value_json.contact, 'None') }}",
        },
      }
    : {};
  const bell: JsonObject = hasBell
    ? {
        bell: {
          platform: 'event',
          ...unique('bell'),
          name: 'Bell',
          device_class: 'doorbell',
          event_types: ['press'],
          state_topic: `${base}/bridge/event`,
          value_template: bellTemplate(door),
        },
      }
    : {};
  const lock = {
    platform: 'lock',
    ...unique('lock'),
    name: 'Lock',
    ...state,
    ...lockFields(`${base}/${door}/set`, nonceTag),
  };
  return { lock, alarm: problem, ...contact, ...bell };
}

function lockFields(commandTopic: string, tag: string): JsonObject {
  return {
    value_template: '{{ value_json.state }}',
    state_locked: 'locked',
    state_unlocked: 'unlocked',
    state_jammed: 'jammed',
    command_topic: commandTopic,
    command_template: commandTemplate(tag),
    payload_lock: 'lock',
    payload_unlock: 'open',
    payload_open: 'open',
    optimistic: false,
    retain: false,
  };
}
