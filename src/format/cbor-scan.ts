import { isUtf8 } from 'node:buffer';
import { CodedError } from '../base/errors.ts';

/**
 * The strict half of the decoder: walks dag-cbor bytes once, without recursion and without building anything, and
 * refuses whatever is not the one canonical form. The library then decodes what has passed. Major types, argument
 * encodings and canonical order are those of RFC 8949 §3 and the DAG-CBOR specification (keys by length, then bytes).
 */

export interface ScanCaps {
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

const LINK_TAG = 42;
/** Multibase identity, CIDv1, dag-cbor, SHA-256, 32 bytes: the only links that mean anything here. */
const LINK_PREFIX = [0x00, 0x01, 0x71, 0x12, 0x20];
const LINK_BYTES = LINK_PREFIX.length + 32;
/**
 * Keys that mean something to the program rather than to the data: `__proto__` to JavaScript, and `/`, by which the
 * library tells its links from other objects, so that a map that holds it could pass for one.
 */
const REFUSED_KEYS = ['__proto__', '/'].map((key) => Buffer.from(key));
/** U+FEFF in UTF-8. The library's decoder drops it from the start of a text: two forms would have one value. */
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** An open array or map: how many items it still wants, and the last key of a map. */
interface Frame {
  readonly isMap: boolean;
  left: number;
  keyStart: number;
  keyEnd: number;
}

/** One initial byte with its argument. */
interface Head {
  readonly at: number;
  readonly major: number;
  readonly argument: number;
}

function refuse(code: string, message: string, at: number): never {
  throw new CodedError(code, message, { fields: { at } });
}

class Scanner {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #caps: ScanCaps;
  readonly #frames: Frame[] = [];
  #at = 0;
  #items = 0;

  constructor(bytes: Uint8Array, caps: ScanCaps) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#caps = caps;
  }

  run(): void {
    do {
      this.#item();
      while (this.#frames.length > 0 && this.#frames.at(-1)?.left === 0) this.#frames.pop();
    } while (this.#frames.length > 0);
    if (this.#at !== this.#bytes.length) refuse('cbor_trailing', 'bytes follow the value', this.#at);
  }

  #item(): void {
    if (++this.#items > this.#caps.itemsMax) refuse('cbor_items', 'too many items', this.#at);
    const frame = this.#frames.at(-1);
    const head = this.#head();
    if (frame !== undefined) {
      const isKey = frame.isMap && frame.left % 2 === 0;
      frame.left -= 1;
      if (isKey) {
        this.#key(frame, head);
        return;
      }
    }
    this.#value(head);
  }

  #value(head: Head): void {
    switch (head.major) {
      case MAJOR_UNSIGNED:
      case MAJOR_NEGATIVE:
        return;
      case MAJOR_BYTES:
        this.#skip(head.argument);
        return;
      case MAJOR_TEXT:
        this.#text(head);
        return;
      case MAJOR_ARRAY:
      case MAJOR_MAP:
        this.#open(head);
        return;
      case MAJOR_TAG:
        this.#link(head);
        return;
      default:
        return;
    }
  }

  #open(head: Head): void {
    const isMap = head.major === MAJOR_MAP;
    if (this.#frames.length >= this.#caps.depthMax) refuse('cbor_depth', 'nested too deeply', head.at);
    // Each item is at least one byte, so a count beyond what is left is a lie and costs nothing to refuse.
    const left = isMap ? head.argument * 2 : head.argument;
    if (left > this.#bytes.length - this.#at) refuse('cbor_truncated', 'fewer items than announced', head.at);
    this.#frames.push({ isMap, left, keyStart: -1, keyEnd: -1 });
  }

  #key(frame: Frame, head: Head): void {
    if (head.major !== MAJOR_TEXT) refuse('cbor_key', 'a map key is not text', head.at);
    const start = this.#text(head);
    const key = this.#bytes.subarray(start, this.#at);
    if (REFUSED_KEYS.some((refused) => refused.equals(key))) {
      refuse('cbor_key', 'the keys __proto__ and / are refused', head.at);
    }
    if (frame.keyStart >= 0) {
      const previous = this.#bytes.subarray(frame.keyStart, frame.keyEnd);
      const order = previous.length - key.length || Buffer.compare(previous, key);
      if (order === 0) refuse('cbor_duplicate_key', 'a map key stands twice', head.at);
      if (order > 0) refuse('cbor_unsorted_keys', 'map keys are not in canonical order', head.at);
    }
    frame.keyStart = start;
    frame.keyEnd = this.#at;
  }

  #text(head: Head): number {
    const start = this.#at;
    this.#skip(head.argument);
    if (!isUtf8(this.#bytes.subarray(start, this.#at))) refuse('cbor_utf8', 'text is not UTF-8', head.at);
    if (BYTE_ORDER_MARK.every((byte, index) => start + index < this.#at && this.#bytes[start + index] === byte)) {
      refuse('cbor_byte_order_mark', 'text begins with a byte order mark', head.at);
    }
    return start;
  }

  #link(head: Head): void {
    if (head.argument !== LINK_TAG) refuse('cbor_tag', `tag ${head.argument} is not a link`, head.at);
    const content = this.#head();
    if (content.major !== MAJOR_BYTES || content.argument !== LINK_BYTES) {
      refuse('cbor_link', 'a link is not a CIDv1 of dag-cbor and SHA-256', content.at);
    }
    const start = this.#at;
    this.#skip(LINK_BYTES);
    if (LINK_PREFIX.some((byte, index) => this.#bytes[start + index] !== byte)) {
      refuse('cbor_link', 'a link is not a CIDv1 of dag-cbor and SHA-256', content.at);
    }
  }

  #skip(length: number): void {
    if (length > this.#bytes.length - this.#at) refuse('cbor_truncated', 'the bytes end too early', this.#at);
    this.#at += length;
  }

  #head(): Head {
    const at = this.#at;
    const initial = this.#bytes[at];
    if (initial === undefined) refuse('cbor_truncated', 'the bytes end too early', at);
    this.#at += 1;
    const major = initial >> 5;
    const info = initial & 31;
    if (info === 31) refuse('cbor_indefinite', 'indefinite lengths are refused', at);
    if (major === 7) this.#simple(info, at);
    if (info < 24) return { at, major, argument: info };
    if (info > 27) refuse('cbor_reserved', 'reserved additional information', at);
    const width = 2 ** (info - 24);
    this.#skip(width);
    const argument = this.#argument(width, at + 1);
    const least = width === 1 ? 24 : 2 ** (4 * width);
    if (argument < least) refuse('cbor_non_minimal', 'an integer or length is not in its shortest form', at);
    // −1 − n of a negative integer reaches −(2^53 − 1) at n = 2^53 − 2.
    const most = major === MAJOR_NEGATIVE ? Number.MAX_SAFE_INTEGER - 1 : Number.MAX_SAFE_INTEGER;
    if (argument > most) refuse('cbor_integer_range', 'an integer or length is beyond 2^53 − 1', at);
    return { at, major, argument };
  }

  #argument(width: number, at: number): number {
    if (width === 1) return this.#view.getUint8(at);
    if (width === 2) return this.#view.getUint16(at);
    if (width === 4) return this.#view.getUint32(at);
    return this.#view.getUint32(at) * 2 ** 32 + this.#view.getUint32(at + 4);
  }

  #simple(info: number, at: number): void {
    if (info >= 25 && info <= 27) refuse('cbor_float', 'floats are refused', at);
    if (info < 20 || info > 22) refuse('cbor_simple', 'only false, true and null are allowed', at);
  }
}

/** Returns when `bytes` are exactly one value in canonical form within `caps`; throws a `cbor_…` error otherwise. */
export function scanCanonical(bytes: Uint8Array, caps: ScanCaps): void {
  new Scanner(bytes, caps).run();
}
