import type { AedesOptions, Client, Subscription } from 'aedes';
import { MQTT_PAYLOAD_BYTES_MAX } from '../base/limits.ts';
import type { Clients } from './clients.ts';
import { Connection } from './connection.ts';
import type { DeviceBook } from './devices.ts';
import type { Drops } from './drops.ts';
import { refuseLogin } from './login.ts';
import { clientIdOf, deviceOf, type Packet } from './packets.ts';
import type { Persistence } from './persistence.ts';
import { type Connected, mayHearFrom, mayPublish, mayReceive, maySubscribe, type RuleContext } from './rules.ts';
import { SeenNumbers } from './seen-numbers.ts';

export interface GateParts {
  readonly book: DeviceBook;
  readonly context: RuleContext;
  readonly clients: Clients;
  readonly drops: Drops;
  readonly persistence: Persistence;
}

type Hooks = Required<
  Pick<AedesOptions, 'preConnect' | 'authenticate' | 'authorizePublish' | 'authorizeSubscribe' | 'authorizeForward'>
>;

/** Nobody may subscribe to it: what was refused is acknowledged and goes here, as other brokers do it. */
const NOWHERE = '$refused';
const NOTHING = Buffer.alloc(0);

/** What aedes asks before it does anything for a client. */
export function gateHooks(parts: GateParts): Hooks {
  const seen = new WeakMap<Client, SeenNumbers>();
  const name = nameClients(parts);
  return {
    preConnect(client, packet, done) {
      seen.set(client, SeenNumbers.of(client, parts.persistence.broker.id));
      name(client, packet, done);
    },
    authenticate(client, username = '', password, done) {
      const refusal = refuseLogin(parts, client, username, password);
      if (refusal === null) done(null, true);
      else done(Object.assign(new Error(refusal.message), { returnCode: refusal.returnCode as number }), false);
    },
    authorizePublish: (client, packet, done) => authorizePublish(parts, client, packet, done),
    authorizeSubscribe: (client, subscription, done) => authorizeSubscribe(parts, client, subscription, done),
    authorizeForward(client, packet) {
      const who = identityOf(parts, client);
      const isAllowed =
        who !== null && mayHearFrom(who, publisherOf(parts, packet)) && mayReceive(who, packet.topic, parts.context);
      const isNew = seen.get(client)?.isNew(packet) ?? true;
      return isAllowed && isNew ? packet : null;
    },
  };
}

/** @param packet stands for a client that has gone, and left it as its will. */
function identityOf(
  { book }: Pick<GateParts, 'book'>,
  client: Pick<Client, 'id' | 'conn'> | null,
  packet?: Packet,
): Connected | null {
  const name = deviceOf(client?.id ?? packet?.clientId ?? '');
  const device = name === '' ? null : book.find(name);
  const isPrivate = client?.conn instanceof Connection && client.conn.way !== 'plain';
  return device === null ? null : { name, device, isPrivate };
}

/** The device that published a packet; null: this node. Aedes hands out retained ones without who it was. */
function publisherOf({ persistence }: GateParts, { clientId, retain, topic = '' }: Packet): string | null {
  if (clientId !== undefined) return deviceOf(clientId);
  return retain === true ? persistence.retainedBy(topic) : null;
}

/**
 * Whether the will that a client left in an earlier life may be said now: meanwhile a door may have got the name of its
 * device, or the base be another.
 */
export function isWillAllowed(parts: Pick<GateParts, 'book' | 'context' | 'drops'>, will: Packet): boolean {
  const { clientId = '', topic = '' } = will;
  const who = identityOf(parts, null, will);
  if (who !== null && mayPublish(who, topic, parts.context)) return true;
  parts.drops.add('will_refused', deviceOf(clientId), `its will is not for ${topic}`);
  return false;
}

/** The user's name goes into the client's: a session is of one device, whatever others call themselves. */
function nameClients(parts: GateParts): Hooks['preConnect'] {
  let unnamed = 0;
  return (client, packet, done) => {
    const { clientId, username = '', will } = packet;
    unnamed += 1;
    packet.clientId = clientIdOf(username, clientId === '' && packet.clean === true ? `~${unnamed}` : clientId);
    const who = identityOf(parts, { id: packet.clientId, conn: client.conn });
    if (will !== undefined && (who === null || !mayPublish(who, will.topic, parts.context))) {
      if (who !== null) parts.drops.add('will_refused', username, `its will is not for ${will.topic}`);
      delete packet.will;
    }
    done(null, true);
  };
}

function authorizePublish(
  parts: GateParts,
  client: Client | null,
  publish: Packet,
  done: (error?: Error | null) => void,
): void {
  const { context, drops, persistence } = parts;
  const who = identityOf(parts, client, publish);
  const { topic = '', payload = '', qos = 0 } = publish;
  if (who === null || payload.length > MQTT_PAYLOAD_BYTES_MAX || !mayPublish(who, topic, context)) {
    drops.add('topic_refused', who?.name ?? '(no device)', `it may not publish to ${topic}`);
    Object.assign(publish, { topic: NOWHERE, payload: NOTHING, retain: false });
    done(null);
    return;
  }
  if (client !== null) publish.clientId = client.id;
  if (qos > 0) persistence.number(publish);
  // Aedes acknowledges a message of QoS 1 as soon as we let it.
  if (qos === 1) persistence.enqueueAhead(publish).then(() => done(null), done);
  else done(null);
}

function authorizeSubscribe(
  parts: GateParts,
  client: Client,
  subscription: Subscription,
  done: (error: Error | null, subscription?: Subscription | null) => void,
): void {
  const { context, clients, drops } = parts;
  const { topic } = subscription;
  const who = identityOf(parts, client);
  const isAllowed = who !== null && maySubscribe(who, topic, context);
  if (isAllowed && clients.subscribe(client.id, topic)) {
    done(null, subscription);
    return;
  }
  const why = isAllowed ? 'it has too many subscriptions' : `it may not subscribe to ${topic}`;
  drops.add(isAllowed ? 'subscriptions_full' : 'filter_refused', deviceOf(client.id), why);
  done(null, null);
}
