import { isUtf8 } from 'node:buffer';
import { CodedError } from '../base/errors.ts';
import { LINK_PREFIX, linkOfBytes } from './ids.ts';

/**
 * The strict decoder: walks dag-cbor bytes once, builds the value as it goes, and refuses whatever is not the one
 * canonical form. Major types, argument encodings and canonical order are those of RFC 8949 §3 and the DAG-CBOR
 * specification (keys by length, then bytes).
 */

export interface CborCaps {
  readonly depthMax: number;
  readonly itemsMax: number;
}

const MAJOR_UNSIGNED = 0;
const MAJOR_NEGATIVE = 1;
const MAJOR_BYTES = 2;
const MAJOR_TEXT = 3;
const MAJOR_ARRAY = 4;
const MAJOR_MAP = 5;
const MAJOR_TAG = 6;

const SIMPLE_FALSE = 20;
const SIMPLE_TRUE = 21;
const SIMPLE_NULL = 22;

const LINK_TAG = 42;
/** Multibase identity, then the CID: the only links that mean anything here. */
const LINK_START = [0x00, ...LINK_PREFIX];
const LINK_BYTES = LINK_START.length + 32;
/** U+FEFF in UTF-8. Many decoders drop it from the start of a text: two forms would have one value. */
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

function refuse(code: string, message: string, at: number): never {
  throw new CodedError(code, message, { fields: { at } });
}

class Decoder {
  readonly #bytes: Uint8Array;
  /** The same memory: what Node reads text from. */
  readonly #buffer: Buffer;
  readonly #caps: CborCaps;
  #at = 0;
  #items = 0;
  /** Of the last head. */
  #argument = 0;

  constructor(bytes: Uint8Array, caps: CborCaps) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // Not a Buffer, whose slices would share their memory with the input.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#caps = caps;
  }

  run(): unknown {
    const value = this.#item(0);
    if (this.#at !== this.#bytes.length) refuse('cbor_trailing', 'bytes follow the value', this.#at);
    return value;
  }

  /** @param depth how many arrays and maps are open; its cap bounds the recursion. */
  #item(depth: number): unknown {
    this.#count();
    const at = this.#at;
    const major = this.#head();
    const argument = this.#argument;
    switch (major) {
      case MAJOR_UNSIGNED:
        return argument;
      case MAJOR_NEGATIVE:
        return -1 - argument;
      case MAJOR_BYTES: {
        const start = this.#skip(argument);
        return this.#bytes.slice(start, this.#at);
      }
      case MAJOR_TEXT:
        return this.#text(at, argument);
      case MAJOR_ARRAY:
        return this.#array(at, argument, depth);
      case MAJOR_MAP:
        return this.#map(at, argument, depth);
      case MAJOR_TAG:
        return this.#link(at, argument);
      default:
        return argument === SIMPLE_NULL ? null : argument === SIMPLE_TRUE;
    }
  }

  #array(at: number, length: number, depth: number): unknown[] {
    this.#open(at, length, depth);
    const items: unknown[] = [];
    for (let item = 0; item < length; item += 1) items.push(this.#item(depth + 1));
    return items;
  }

  #map(at: number, length: number, depth: number): Record<string, unknown> {
    this.#open(at, length * 2, depth);
    const map: Record<string, unknown> = {};
    let before = -1;
    let beforeLength = 0;
    for (let pair = 0; pair < length; pair += 1) {
      this.#count();
      const keyAt = this.#at;
      if (this.#head() !== MAJOR_TEXT) refuse('cbor_key', 'a map key is not text', keyAt);
      const keyLength = this.#argument;
      const key = this.#text(keyAt, keyLength);
      // They mean something to programs: `__proto__` to JavaScript, and `/`, by which IPLD libraries tell links from
      // other objects, so that a map that holds it could pass for one.
      if (key === '__proto__' || key === '/') refuse('cbor_key', 'the keys __proto__ and / are refused', keyAt);
      const start = this.#at - keyLength;
      if (before >= 0) this.#checkOrder(keyAt, before, beforeLength, start, keyLength);
      before = start;
      beforeLength = keyLength;
      map[key] = this.#item(depth + 1);
    }
    return map;
  }

  #count(): void {
    this.#items += 1;
    if (this.#items > this.#caps.itemsMax) refuse('cbor_items', 'too many items', this.#at);
  }

  #open(at: number, items: number, depth: number): void {
    if (depth >= this.#caps.depthMax) refuse('cbor_depth', 'nested too deeply', at);
    // Each item is at least one byte, so a count beyond what is left is a lie and costs nothing to refuse.
    if (items > this.#bytes.length - this.#at) refuse('cbor_truncated', 'fewer items than announced', at);
  }

  /** Two keys in a row: by length, then bytewise. */
  #checkOrder(at: number, before: number, beforeLength: number, start: number, length: number): void {
    let order = beforeLength - length;
    for (let index = 0; order === 0 && index < length; index += 1) {
      order = (this.#bytes[before + index] ?? 0) - (this.#bytes[start + index] ?? 0);
    }
    if (order === 0) refuse('cbor_duplicate_key', 'a map key stands twice', at);
    if (order > 0) refuse('cbor_unsorted_keys', 'map keys are not in canonical order', at);
  }

  #text(at: number, length: number): string {
    const start = this.#skip(length);
    if (this.#isAscii(start)) return this.#buffer.toString('latin1', start, this.#at);
    if (!isUtf8(this.#bytes.subarray(start, this.#at))) refuse('cbor_utf8', 'text is not UTF-8', at);
    if (length >= BYTE_ORDER_MARK.length && this.#startsWith(start, BYTE_ORDER_MARK)) {
      refuse('cbor_byte_order_mark', 'text begins with a byte order mark', at);
    }
    return this.#buffer.toString('utf8', start, this.#at);
  }

  /** Whether all from `start` to here is ASCII. */
  #isAscii(start: number): boolean {
    for (let index = start; index < this.#at; index += 1) if ((this.#bytes[index] ?? 0) > 0x7f) return false;
    return true;
  }

  #startsWith(start: number, bytes: readonly number[]): boolean {
    return bytes.every((byte, index) => this.#bytes[start + index] === byte);
  }

  #link(at: number, tag: number): unknown {
    if (tag !== LINK_TAG) refuse('cbor_tag', `tag ${tag} is not a link`, at);
    const contentAt = this.#at;
    const major = this.#head();
    if (major !== MAJOR_BYTES || this.#argument !== LINK_BYTES) {
      refuse('cbor_link', 'a link is not a CIDv1 of dag-cbor and SHA-256', contentAt);
    }
    const start = this.#skip(LINK_BYTES);
    if (!this.#startsWith(start, LINK_START)) {
      refuse('cbor_link', 'a link is not a CIDv1 of dag-cbor and SHA-256', contentAt);
    }
    return linkOfBytes(this.#bytes.slice(start + 1, this.#at));
  }

  /** @returns where the skipped bytes begin. */
  #skip(length: number): number {
    const start = this.#at;
    if (length > this.#bytes.length - start) refuse('cbor_truncated', 'the bytes end too early', start);
    this.#at += length;
    return start;
  }

  /** Reads one initial byte with its argument. @returns the major type. */
  #head(): number {
    const at = this.#at;
    const initial = this.#bytes[at];
    if (initial === undefined) refuse('cbor_truncated', 'the bytes end too early', at);
    this.#at += 1;
    const major = initial >> 5;
    const info = initial & 31;
    if (info === 31) refuse('cbor_indefinite', 'indefinite lengths are refused', at);
    if (major === 7) this.#simple(info, at);
    if (info < 24) {
      this.#argument = info;
      return major;
    }
    if (info > 27) refuse('cbor_reserved', 'reserved additional information', at);
    const width = 2 ** (info - 24);
    this.#skip(width);
    const argument = this.#big(width, at + 1);
    const least = width === 1 ? 24 : 2 ** (4 * width);
    if (argument < least) refuse('cbor_non_minimal', 'an integer or length is not in its shortest form', at);
    // −1 − n of a negative integer reaches −(2^53 − 1) at n = 2^53 − 2.
    const most = major === MAJOR_NEGATIVE ? Number.MAX_SAFE_INTEGER - 1 : Number.MAX_SAFE_INTEGER;
    if (argument > most) refuse('cbor_integer_range', 'an integer or length is beyond 2^53 − 1', at);
    this.#argument = argument;
    return major;
  }

  /** The big-endian number of `width` bytes at `at`. */
  #big(width: number, at: number): number {
    if (width === 8) return this.#buffer.readUInt32BE(at) * 2 ** 32 + this.#buffer.readUInt32BE(at + 4);
    return this.#buffer.readUIntBE(at, width);
  }

  #simple(info: number, at: number): void {
    if (info >= 25 && info <= 27) refuse('cbor_float', 'floats are refused', at);
    if (info < SIMPLE_FALSE || info > SIMPLE_NULL) refuse('cbor_simple', 'only false, true and null are allowed', at);
  }
}

/** The value that `bytes` are the canonical form of, within `caps`. @throws a `cbor_…` code otherwise. */
export function decodeCanonical(bytes: Uint8Array, caps: CborCaps): unknown {
  return new Decoder(bytes, caps).run();
}
