import type { Meta } from '../chunks/tree/entry.ts';

/** What requests to `blockmesh-trees` carry; the least significant byte comes first. See TREES.md. */

export function u8(value: number): Uint8Array {
  return Buffer.of(value);
}

export function u32(...values: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, 4 * index);
  return bytes;
}

/** Bytes after their length. */
export function named(bytes: Uint8Array): Uint8Array {
  const framed = Buffer.alloc(2 + bytes.length);
  framed.writeUInt16LE(bytes.length);
  framed.set(bytes, 2);
  return framed;
}

const META_BYTES = 27;

/** @param hasOwner whether owner and group are to be set. */
export function metaBytes({ mode, uid, gid, modified, attributes }: Meta, hasOwner: boolean): Uint8Array {
  const head = Buffer.alloc(META_BYTES);
  head.writeUInt8(hasOwner ? 1 : 0, 0);
  head.writeUInt32LE(mode, 1);
  head.writeUInt32LE(uid, 5);
  head.writeUInt32LE(gid, 9);
  head.writeBigInt64LE(BigInt(modified.seconds), 13);
  head.writeUInt32LE(modified.nanoseconds, 21);
  head.writeUInt16LE(attributes.length, 25);
  const told = attributes.flatMap(({ name, value }) => {
    const lengths = Buffer.alloc(6);
    lengths.writeUInt16LE(name.length, 0);
    lengths.writeUInt32LE(value.length, 2);
    return [lengths, name, value];
  });
  return Buffer.concat([head, ...told]);
}
