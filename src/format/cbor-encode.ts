import { CID } from 'multiformats/cid';
import { CodedError } from '../base/errors.ts';
import type { CborCaps } from './cbor-decode.ts';
import { LINK_PREFIX } from './ids.ts';

/** The canonical encoder: the one form of a value that `cbor-decode.ts` reads. */

const MAJOR_UNSIGNED = 0x00;
const MAJOR_NEGATIVE = 0x20;
const MAJOR_BYTES = 0x40;
const MAJOR_TEXT = 0x60;
const MAJOR_ARRAY = 0x80;
const MAJOR_MAP = 0xa0;
const LINK_TAG = [0xd8, 42];
const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;

const LINK_BYTES = LINK_PREFIX.length + 32;
const HEAD_BYTES_MAX = 9;
const BYTES_AT_FIRST = 1024;
const SPARE_BYTES_MAX = 256 * 1024;
const BYTE_ORDER_MARK = 0xfeff;

function unencodable(what: string): CodedError {
  return new CodedError('cbor_unencodable', `${what} has no canonical form`);
}

/** Where the last value was written. The next one goes there, too: a tree has millions, each to be copied once. */
let spare: Buffer | null = null;

class Encoder {
  readonly #caps: CborCaps;
  #bytes: Buffer;
  #at: number;
  #items = 0;

  constructor(caps: CborCaps, headBytes: number) {
    this.#caps = caps;
    this.#bytes = spare ?? Buffer.allocUnsafe(BYTES_AT_FIRST);
    spare = null;
    this.#bytes.fill(0, 0, headBytes);
    this.#at = headBytes;
  }

  run<Result>(value: unknown, take: (bytes: Uint8Array) => Result): Result {
    this.#item(value, 0);
    const result = take(this.#bytes.subarray(0, this.#at));
    if (this.#bytes.length <= SPARE_BYTES_MAX) spare = this.#bytes;
    return result;
  }

  /** @param depth how many arrays and maps are open; its cap bounds the recursion. */
  #item(value: unknown, depth: number): void {
    this.#count();
    if (typeof value === 'string') this.#text(value);
    else if (typeof value === 'number') this.#number(value);
    else if (value === null) this.#byte(NULL);
    else if (typeof value === 'boolean') this.#byte(value ? TRUE : FALSE);
    else if (typeof value !== 'object') throw unencodable(`a value of type ${typeof value}`);
    else if (value instanceof Uint8Array) this.#block(MAJOR_BYTES, value);
    else if (value instanceof CID) this.#link(value);
    else if (depth >= this.#caps.depthMax) throw new CodedError('cbor_depth', 'nested too deeply');
    else if (Array.isArray(value)) this.#array(value, depth);
    else this.#map(value, depth);
  }

  #array(items: readonly unknown[], depth: number): void {
    this.#head(MAJOR_ARRAY, items.length);
    for (let index = 0; index < items.length; index += 1) this.#item(items[index], depth + 1);
  }

  #map(map: object, depth: number): void {
    const prototype: unknown = Object.getPrototypeOf(map);
    if (prototype !== Object.prototype && prototype !== null) throw unencodable('an object that is not plain');
    const keys = Object.keys(map).sort(compareKeys);
    this.#head(MAJOR_MAP, keys.length);
    for (const key of keys) {
      if (key === '__proto__' || key === '/') throw new CodedError('cbor_key', 'the keys __proto__ and / are refused');
      this.#count();
      this.#text(key);
      this.#item((map as Readonly<Record<string, unknown>>)[key], depth + 1);
    }
  }

  #count(): void {
    this.#items += 1;
    if (this.#items > this.#caps.itemsMax) throw new CodedError('cbor_items', 'too many items');
  }

  #number(value: number): void {
    if (Number.isSafeInteger(value)) {
      if (value < 0) this.#head(MAJOR_NEGATIVE, -1 - value);
      else this.#head(MAJOR_UNSIGNED, value);
    } else if (Number.isFinite(value)) throw new CodedError('cbor_float', 'floats are refused');
    else throw unencodable(`${value}`);
  }

  #text(text: string): void {
    if (text.charCodeAt(0) === BYTE_ORDER_MARK) {
      throw new CodedError('cbor_byte_order_mark', 'text begins with a byte order mark');
    }
    if (!text.isWellFormed()) throw unencodable('text with a lone surrogate');
    const length = Buffer.byteLength(text);
    this.#head(MAJOR_TEXT, length);
    this.#reserve(length);
    // Where all is ASCII, which is nearly everywhere, the cheaper way gives the same bytes.
    this.#at += this.#bytes.write(text, this.#at, length, length === text.length ? 'latin1' : 'utf8');
  }

  #link({ bytes }: CID): void {
    const isOurs = bytes.length === LINK_BYTES && LINK_PREFIX.every((byte, index) => bytes[index] === byte);
    if (!isOurs) throw new CodedError('cbor_link', 'a link is not a CIDv1 of dag-cbor and SHA-256');
    for (const byte of LINK_TAG) this.#byte(byte);
    this.#head(MAJOR_BYTES, LINK_BYTES + 1);
    // Multibase identity.
    this.#byte(0);
    this.#put(bytes);
  }

  #block(major: number, bytes: Uint8Array): void {
    this.#head(major, bytes.length);
    this.#put(bytes);
  }

  #put(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#at] = byte;
    this.#at += 1;
  }

  /** The shortest encoding of a major type with its argument, an integer from 0 to 2^53 − 1. */
  #head(major: number, argument: number): void {
    this.#reserve(HEAD_BYTES_MAX);
    if (argument < 24) this.#bytes[this.#at++] = major | argument;
    else if (argument < 2 ** 8) this.#wide(major | 24, argument, 1);
    else if (argument < 2 ** 16) this.#wide(major | 25, argument, 2);
    else if (argument < 2 ** 32) this.#wide(major | 26, argument, 4);
    else {
      this.#wide(major | 27, Math.floor(argument / 2 ** 32), 4);
      this.#at = this.#bytes.writeUInt32BE(argument % 2 ** 32, this.#at);
    }
  }

  #wide(initial: number, argument: number, width: number): void {
    this.#bytes[this.#at] = initial;
    this.#at = this.#bytes.writeUIntBE(argument, this.#at + 1, width);
  }

  #reserve(length: number): void {
    const wanted = this.#at + length;
    if (wanted <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(wanted, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

/** By length in UTF-8, then bytewise. */
function compareKeys(a: string, b: string): number {
  const [aBytes, bBytes] = [Buffer.byteLength(a), Buffer.byteLength(b)];
  if (aBytes !== bBytes) return aBytes - bBytes;
  // All ASCII: then the order of characters is that of bytes.
  if (aBytes === a.length && bBytes === b.length) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/**
 * The canonical bytes of `value`, within `caps`.
 * @throws cbor_unencodable, cbor_float, cbor_key, cbor_byte_order_mark, cbor_link, cbor_depth, cbor_items.
 */
export function encodeCanonical(value: unknown, caps: CborCaps): Uint8Array {
  return new Encoder(caps, 0).run(value, (bytes) => new Uint8Array(bytes));
}

/**
 * Lends `take` the canonical bytes of `value` where they were written; what it returns.
 * @param headBytes as many zeros come before them: room for what whoever asks puts there; at most 1,024.
 * @throws as `encodeCanonical`; what `take` throws.
 */
export function lendCanonical<Result>(
  value: unknown,
  caps: CborCaps,
  headBytes: number,
  take: (bytes: Uint8Array) => Result,
): Result {
  return new Encoder(caps, headBytes).run(value, take);
}
