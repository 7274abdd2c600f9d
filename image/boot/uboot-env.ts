import { crc32 } from 'node:zlib';
import { assert } from '../../src/base/assert.ts';

/**
 * Environments of U-Boot as bytes: a CRC-32 of all the rest, little-endian; `name=value` texts, each with a NUL behind
 * it, one more NUL, and NULs up to the size. It is what `env import -c` reads and `env export -c` writes where U-Boot
 * was built without CONFIG_SYS_REDUNDAND_ENVIRONMENT, as all of Debian's are.
 */

const CRC_BYTES = 4;

export function encodeEnvironment(values: Readonly<Record<string, string>>, bytes: number): Uint8Array {
  const text = Object.entries(values)
    .map(([name, value]) => `${name}=${value}\0`)
    .join('');
  assert(
    Object.keys(values).every((name) => /^\w+$/.test(name)),
    'names of an environment are words',
  );
  assert(
    Object.values(values).every((value) => /^[\x20-\x7e]+$/.test(value)),
    'values of an environment are one line',
  );
  assert(CRC_BYTES + text.length + 1 <= bytes, 'an environment fits its size');
  const encoded = Buffer.alloc(bytes);
  encoded.write(text, CRC_BYTES, 'latin1');
  encoded.writeUInt32LE(crc32(encoded.subarray(CRC_BYTES)));
  return encoded;
}

/** The values of an environment; undefined when its CRC does not match. */
export function decodeEnvironment(encoded: Uint8Array): Readonly<Record<string, string>> | undefined {
  const bytes = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  if (bytes.length <= CRC_BYTES || crc32(bytes.subarray(CRC_BYTES)) !== bytes.readUInt32LE()) return undefined;
  const [text = ''] = bytes.toString('latin1', CRC_BYTES).split('\0\0', 1);
  const pairs = text.split('\0').filter((one) => one !== '');
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
}
