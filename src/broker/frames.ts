import { CodedError } from '../base/errors.ts';
import { MQTT_CONNECT_BYTES_MAX, MQTT_PUBLISH_BYTES_MAX, MQTT_SUBSCRIBE_BYTES_MAX } from '../base/limits.ts';

/**
 * The packets of one connection, told apart by their fixed headers alone (MQTT 3.1.1, clause 2.2) before anything
 * parses them: the parser behind would wait for 256 MB if a header said so.
 */

const CONNECT = 1;
/** What a client may send, and the most bytes that follow the fixed header. */
const BYTES_MAX: Readonly<Record<number, number>> = {
  [CONNECT]: MQTT_CONNECT_BYTES_MAX,
  3: MQTT_PUBLISH_BYTES_MAX,
  4: 2,
  5: 2,
  6: 2,
  7: 2,
  8: MQTT_SUBSCRIBE_BYTES_MAX,
  10: MQTT_SUBSCRIBE_BYTES_MAX,
  12: 0,
  14: 0,
};
/** Bytes of a remaining length (2.2.3). */
const LENGTH_BYTES_MAX = 4;

export interface Taken {
  /** So many bytes, from the start of the chunk, may go on to the parser. */
  readonly bytes: number;
  /** Packets that begin among them. */
  readonly packets: number;
}

export class FrameScanner {
  #isFirst = true;
  /** Type of the packet whose remaining length is being read; 0: none. */
  #type = 0;
  #length = 0;
  #lengthBytes = 0;
  /** Bytes of the current packet that are still to come. */
  #left = 0;

  /**
   * Takes as much of `chunk` as holds the beginnings of at most `packetsMax` packets; what is left is to be given
   * again, first.
   * @throws packet_too_large, packet_malformed, connect_missing.
   */
  take(chunk: Uint8Array, packetsMax: number): Taken {
    let [at, packets] = [0, 0];
    while (at < chunk.length) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, chunk.length - at);
        this.#left -= step;
        at += step;
        continue;
      }
      if (this.#type === 0) {
        if (packets >= packetsMax) break;
        this.#begin(chunk[at] ?? 0);
        packets += 1;
      } else this.#addLength(chunk[at] ?? 0);
      at += 1;
    }
    return { bytes: at, packets };
  }

  #begin(byte: number): void {
    const type = byte >> 4;
    if (this.#isFirst && type !== CONNECT) {
      throw new CodedError('connect_missing', `a connection begins with CONNECT, not with packet type ${type}`);
    }
    if (BYTES_MAX[type] === undefined || (!this.#isFirst && type === CONNECT)) {
      throw new CodedError('packet_malformed', `a client sends no packet of type ${type} here`);
    }
    this.#isFirst = false;
    this.#type = type;
    this.#length = 0;
    this.#lengthBytes = 0;
  }

  #addLength(byte: number): void {
    this.#length += (byte & 0x7f) * 128 ** this.#lengthBytes;
    this.#lengthBytes += 1;
    const bytesMax = BYTES_MAX[this.#type] ?? 0;
    if (this.#length > bytesMax) {
      throw new CodedError('packet_too_large', `a packet of type ${this.#type} has at most ${bytesMax} bytes`, {
        fields: { type: this.#type, bytesMax },
      });
    }
    if (byte < 0x80) {
      this.#left = this.#length;
      this.#type = 0;
    } else if (this.#lengthBytes === LENGTH_BYTES_MAX) {
      throw new CodedError('packet_malformed', 'the length of a packet has more than four bytes');
    }
  }
}
