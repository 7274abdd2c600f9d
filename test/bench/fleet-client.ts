import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { connect, publish, subscribe } from '../broker/wire.ts';

/** One device of a fleet: a TLS connection and the few packets it takes, for a load generator must cost little. */

export interface FleetEvents {
  ready(): void;
  acknowledged(): void;
  /** A message came back. @param sentNs what it said of when it was sent. */
  echoed(sentNs: bigint): void;
  lost(): void;
}

interface FleetParts {
  readonly port: number;
  readonly device: string;
  readonly password: string;
  readonly address: string;
  readonly ca: string;
  /** Its session outlives its connection, and its messages wait for it. */
  readonly isKept: boolean;
  readonly events: FleetEvents;
}

const [CONNACK, PUBLISH, PUBACK, SUBACK] = [2, 3, 4, 9];
const PAYLOAD_BYTES = 100;

export class FleetClient {
  readonly #parts: FleetParts;
  readonly #topic: string;
  #socket: TLSSocket;
  #rest: Buffer = Buffer.alloc(0);
  #number = 0;
  #isReady = false;

  constructor(parts: FleetParts) {
    const { port, ca, address, device, password, isKept } = parts;
    this.#parts = parts;
    this.#topic = `blockmesh/${device}/x`;
    // Node takes localAddress here too; its types do not know.
    const options: ConnectionOptions & { localAddress: string } = {
      port,
      host: '127.0.0.1',
      ca,
      localAddress: address,
    };
    this.#socket = connectTls({ ...options, servername: 'localhost' }, () => {
      this.#socket.write(connect({ name: 'fleet', user: device, password, isClean: !isKept }));
    });
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => parts.events.lost());
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** QoS 1; every tenth is retained. */
  say(): void {
    this.#number = (this.#number % 65_535) + 1;
    const payload = Buffer.alloc(PAYLOAD_BYTES);
    payload.writeBigUInt64BE(process.hrtime.bigint());
    this.#socket.write(publish(this.#topic, payload, 1, this.#number, this.#number % 10 === 0));
  }

  end(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const [first, length] = [this.#rest[0], this.#rest[1]];
      // Lengths below 16 kB alone come here.
      if (first === undefined || length === undefined) return;
      const second = length >= 128 ? this.#rest[2] : 0;
      if (second === undefined) return;
      const head = length >= 128 ? 3 : 2;
      const size = (length & 127) + second * 128;
      if (this.#rest.length < head + size) return;
      this.#packet(first, this.#rest.subarray(head, head + size));
      this.#rest = this.#rest.subarray(head + size);
    }
  }

  #packet(first: number, body: Buffer): void {
    const { events, isKept } = this.#parts;
    const type = first >> 4;
    if (type === CONNACK && body[1] === 0) {
      const filter = subscribe(1, this.#topic);
      // The last byte is the QoS asked for.
      if (isKept) filter[filter.length - 1] = 1;
      this.#socket.write(filter);
    } else if (type === SUBACK) {
      this.#isReady = true;
      events.ready();
    } else if (type === PUBACK) events.acknowledged();
    else if (type === PUBLISH) {
      const at = 2 + body.readUInt16BE(0);
      const isNumbered = (first & 6) !== 0;
      if (isNumbered) this.#socket.write(Buffer.from([0x40, 2, body[at] ?? 0, body[at + 1] ?? 0]));
      events.echoed(body.readBigUInt64BE(at + (isNumbered ? 2 : 0)));
    }
  }
}
