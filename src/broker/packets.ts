/** A packet as aedes hands it over to be kept, and wants it back. */
export interface Packet {
  cmd?: string;
  topic?: string;
  payload?: Uint8Array | string;
  qos?: number;
  retain?: boolean;
  dup?: boolean;
  messageId?: number | undefined;
  brokerId?: string;
  brokerCounter?: number;
  /** Who published it: `<device>:<what it calls itself>`; absent for our own. */
  clientId?: string;
}

/** A client of aedes, or what stands for one. */
export interface ClientName {
  readonly id: string;
}

/** A subscription as aedes keeps it; the last three mean something in MQTT 5 alone, and come back as they were. */
export interface Subscription {
  readonly topic: string;
  readonly qos: number;
  readonly rh?: number;
  readonly rap?: boolean;
  readonly nl?: boolean;
  readonly subscriptionIdentifier?: number;
}

/** A packet in two columns: its payload as it came, and the rest as JSON. */
export interface PacketRow {
  readonly meta: string;
  readonly payload: Uint8Array | string;
}

const NOTHING = Buffer.alloc(0);

export function rowOf(packet: Packet): PacketRow {
  const { payload = NOTHING, ...rest } = packet;
  return { meta: JSON.stringify(rest), payload };
}

export function packetOf({ meta, payload }: PacketRow): Packet {
  return { ...(JSON.parse(meta) as Packet), payload };
}

/** What of a message travels on to a subscriber: its own number there comes later. */
export function outgoingPacket(packet: Packet): Packet {
  const { brokerId = '', brokerCounter = 0, topic = '', payload = NOTHING, qos = 0, clientId } = packet;
  const from = clientId === undefined ? {} : { clientId };
  const { retain = false, dup = false } = packet;
  return { ...from, cmd: 'publish', brokerId, brokerCounter, topic, payload, qos, retain, dup };
}

/** Bytes that a packet takes in memory and on disk, without what is about the same for each. */
export function bytesOf({ topic = '', payload = NOTHING }: Packet): number {
  return Buffer.byteLength(topic) + Buffer.byteLength(payload);
}

/** What stands between the name of a device and what the device calls itself; no device's name has it. */
const SEPARATOR = ':';

/** Two devices that call themselves the same are two clients: neither can take over the other's session. */
export function clientIdOf(device: string, name: string): string {
  return `${device}${SEPARATOR}${name}`;
}

export function deviceOf(clientId: string): string {
  return clientId.slice(0, Math.max(0, clientId.indexOf(SEPARATOR)));
}
