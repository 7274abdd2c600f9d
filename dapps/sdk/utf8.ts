import { Fault } from './fault.ts';

/** The first of the code points that each length may hold: a longer form of a smaller one is refused. */
const FIRST_OF_LENGTH: readonly number[] = [0, 0, 0x80, 0x800, 0x10000];
const PIECE_UNITS = 4096;

/**
 * UTF-8 (RFC 3629) to text, for engines without TextDecoder. A byte order mark stays what it is, a character.
 * @throws Fault not_utf8
 */
export function decodeUtf8(bytes: Uint8Array): string {
  const pieces: string[] = [];
  let units: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at] ?? 0;
    const length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    if (length === 0) throw notUtf8(at);
    const point = length === 1 ? lead : pointAt(bytes, at, length);
    if (point < 0x10000) units.push(point);
    else units.push(0xd7c0 + (point >> 10), 0xdc00 + (point & 0x3ff));
    if (units.length >= PIECE_UNITS) {
      pieces.push(String.fromCharCode(...units));
      units = [];
    }
    at += length;
  }
  return pieces.join('') + String.fromCharCode(...units);
}

function pointAt(bytes: Uint8Array, at: number, length: number): number {
  let point = (bytes[at] ?? 0) & (0x7f >> length);
  for (let i = at + 1; i < at + length; i += 1) {
    const byte = bytes[i] ?? 0;
    if (byte >> 6 !== 2) throw notUtf8(i);
    point = (point << 6) | (byte & 0x3f);
  }
  const isSurrogate = point >= 0xd800 && point <= 0xdfff;
  if (isSurrogate || point < (FIRST_OF_LENGTH[length] ?? 0) || point > 0x10ffff) throw notUtf8(at);
  return point;
}

function notUtf8(at: number): Fault {
  return new Fault('not_utf8', `byte ${at} of a line is not UTF-8`);
}
