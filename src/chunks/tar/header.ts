import { tarError } from './error.ts';

/**
 * The block that stands before each member: POSIX.1-2024, pax, "ustar Interchange Format"; and how GNU tar differs from
 * it (manual of GNU tar, "Basic Tar Format").
 */

export const BLOCK_BYTES = 512;

/** As it stands in the block; what an extended header says goes before it. */
export interface Header {
  readonly path: Uint8Array;
  readonly type: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Seconds since 1970. */
  readonly modified: number;
  readonly link: Uint8Array;
  readonly major: number;
  readonly minor: number;
  readonly block: Buffer;
}

const POSIX_MAGIC = 'ustar\0';
const GNU_MAGIC = 'ustar ';
const MODE_BITS = 0o7777;
const CHECKSUM = { from: 148, to: 156 } as const;
const SPACE = 0x20;
/** The first byte of a number in base 256; 0x40 is its sign. */
const BINARY = 0x80;
const NEGATIVE = 0x40;
/** Of gzip, xz, zstd, bzip2: what people hand over by mistake. */
const COMPRESSED = ['1f8b', 'fd377a58', '28b52ffd', '425a68'] as const;

/** @param at where in the archive it stands, for errors. @throws tar_header, tar_compressed, tar_form. */
export function parseHeader(block: Buffer, at: number): Header {
  checkSum(block, at);
  const number = (name: string, from: number, to: number) => numberIn(block.subarray(from, to), name, at);
  const magic = block.toString('latin1', 257, 263);
  const isUstar = magic === POSIX_MAGIC || magic === GNU_MAGIC;
  const name = textIn(block.subarray(0, 100));
  const prefix = magic === POSIX_MAGIC ? textIn(block.subarray(345, 500)) : new Uint8Array();
  return {
    path: prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name]),
    type: String.fromCharCode(block[156] || 0x30),
    mode: number('mode', 100, 108) & MODE_BITS,
    uid: number('uid', 108, 116),
    gid: number('gid', 116, 124),
    size: number('size', 124, 136),
    modified: number('mtime', 136, 148),
    link: textIn(block.subarray(157, 257)),
    major: isUstar ? number('devmajor', 329, 337) : 0,
    minor: isUstar ? number('devminor', 337, 345) : 0,
    block,
  };
}

export function isZero(block: Buffer): boolean {
  return block.every((byte) => byte === 0);
}

/** The sum of all bytes with spaces in place of the sum itself; old tars took bytes as signed. */
export function headerSum(block: Uint8Array, isSigned = false): number {
  let sum = (CHECKSUM.to - CHECKSUM.from) * SPACE;
  // By index: twice a member, 512 bytes each, an iterator would take most of the time.
  for (let at = 0; at < block.length; at += 1) {
    const byte = block[at] ?? 0;
    if (at < CHECKSUM.from || at >= CHECKSUM.to) sum += isSigned && byte >= 0x80 ? byte - 0x100 : byte;
  }
  return sum;
}

function checkSum(block: Buffer, at: number): void {
  const told = block.subarray(CHECKSUM.from, CHECKSUM.to);
  const sum = /^[ \0]*[0-7]{1,7}[ \0]*$/.test(told.toString('latin1')) ? numberIn(told, 'chksum', at) : -1;
  if (sum === headerSum(block) || sum === headerSum(block, true)) return;
  const begin = block.toString('hex', 0, 4);
  if (at === 0 && COMPRESSED.some((magic) => begin.startsWith(magic))) {
    throw tarError('tar_compressed', 'the archive is compressed');
  }
  throw tarError('tar_header', 'a header is damaged, or this is no tar at all', { at });
}

/** Up to the first zero. */
export function textIn(field: Buffer): Uint8Array {
  const end = field.indexOf(0);
  return Buffer.from(end === -1 ? field : field.subarray(0, end));
}

/** Octal digits, or base 256 where the first bit is set. @throws tar_form. */
export function numberIn(field: Buffer, name: string, at: number): number {
  const refused = () => tarError('tar_form', `${name} of a header is not a number that it may be`, { at, field: name });
  const first = field[0] ?? 0;
  if ((first & BINARY) === 0) {
    const digits = /^[ \0]*([0-7]*)(?:[ \0].*)?$/s.exec(field.toString('latin1'))?.[1];
    if (digits === undefined) throw refused();
    return Number.parseInt(digits || '0', 8);
  }
  const isNegative = (first & NEGATIVE) !== 0;
  let value = BigInt(isNegative ? first - 0x100 : first & ~BINARY);
  for (const byte of field.subarray(1)) value = value * 256n + BigInt(byte);
  if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) throw refused();
  return Number(value);
}
