/** Packets of MQTT 3.1.1 as bytes, written from the standard and not by the library the broker parses them with. */

export function packet(first: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Uint8Array.of(first), remaining(body.length), body]);
}

/** A remaining length (2.2.3). */
export function remaining(length: number): Buffer {
  const bytes: number[] = [];
  let left = length;
  do {
    bytes.push((left % 128) + (left >= 128 ? 128 : 0));
    left = Math.floor(left / 128);
  } while (left > 0);
  return Buffer.from(bytes);
}

export function text(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([number(bytes.length), bytes]);
}

export function number(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

interface Login {
  readonly name?: string;
  readonly user?: string;
  readonly password?: string;
  readonly level?: number;
  readonly protocol?: string;
  readonly isClean?: boolean;
}

export function connect({ name = 'c', user, password, level = 4, protocol = 'MQTT', isClean = true }: Login): Buffer {
  const flags = (isClean ? 2 : 0) + (user === undefined ? 0 : 0x80) + (password === undefined ? 0 : 0x40);
  const login = [user, password].flatMap((one) => (one === undefined ? [] : [text(one)]));
  return packet(0x10, text(protocol), Uint8Array.of(level, flags), number(60), text(name), ...login);
}

export function publish(topic: string, payload: string | Uint8Array, qos = 0, id = 1, retain = false): Buffer {
  const numbered = qos === 0 ? [] : [number(id)];
  return packet(0x30 + qos * 2 + (retain ? 1 : 0), text(topic), ...numbered, Buffer.from(payload));
}

export function subscribe(id: number, ...filters: readonly string[]): Buffer {
  return packet(0x82, number(id), ...filters.flatMap((filter) => [text(filter), Uint8Array.of(0)]));
}

export const PING = Buffer.from([0xc0, 0]);
