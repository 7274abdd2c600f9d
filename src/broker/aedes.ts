import type { EventEmitter } from 'node:events';
import { Aedes, type Client } from 'aedes';
import { toHex } from '../base/bytes.ts';
import { codeOf, messageOf } from '../base/errors.ts';
import {
  BROKER_CONNECT_MS_MAX,
  BROKER_INFLIGHT_MAX,
  MQTT_CLIENT_NAME_BYTES_MAX,
  MQTT_TOPIC_LEVELS_MAX,
} from '../base/limits.ts';
import type { Randomness } from '../base/ports.ts';
import { type GateParts, gateHooks } from './gate.ts';
import type { Log } from './log.ts';
import { deviceOf } from './packets.ts';

interface AedesParts extends GateParts {
  readonly randomness: Randomness;
  readonly log: Log;
}

/** Aedes looks for wills of brokers that are gone four times as rarely as this; we have published them at the start. */
const HEARTBEAT_MS = 60 * 60 * 1000;
const ID_BYTES = 8;

/** An aedes that asks us about everything, and bounds what we cannot. It does not listen yet. */
export function createAedes(parts: AedesParts): Aedes {
  const { persistence, clients, drops, log, randomness } = parts;
  const aedes = new Aedes({
    // Another one in each life, by which wills of an earlier one are known.
    id: toHex(randomness.bytes(ID_BYTES)),
    persistence,
    // Bounded by what is read of each connection; aedes' own bound queues what is over it, without a bound.
    concurrency: 0,
    heartbeatInterval: HEARTBEAT_MS,
    connectTimeout: BROKER_CONNECT_MS_MAX,
    maxInflightInbound: BROKER_INFLIGHT_MAX,
    // Of MQTT 3.1 clients, whose names get that of their device in front.
    maxClientsIdLength: 2 * MQTT_CLIENT_NAME_BYTES_MAX,
    maxTopicLevels: MQTT_TOPIC_LEVELS_MAX,
    ...gateHooks(parts),
  });
  const tell = (client: Client, error: Error) => {
    const device = deviceOf(client.id ?? '');
    drops.add(codeOf(error) ?? 'connection_failed', device === '' ? '(nobody yet)' : device, messageOf(error));
  };
  const emitter: EventEmitter = aedes;
  emitter.on('error', (error: Error) => log.warn({ code: 'broker_failed' }, `broker: ${messageOf(error)}`));
  aedes.on('unsubscribe', (filters, client) => clients.unsubscribe(client.id, filters));
  aedes.on('connectionError', tell);
  aedes.on('clientError', tell);
  return aedes;
}
