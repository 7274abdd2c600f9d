import { isUtf8 } from 'node:buffer';
import type { Meta } from '../tree/entry.ts';
import { attributeRecord } from './extended.ts';
import { BLOCK_BYTES, headerSum } from './header.ts';
import { formatRecord, formatTime, type PaxRecord } from './records.ts';

/** A member as it is written; each has one form, so that the same tree is the same archive. */
export interface WrittenMember {
  readonly type: '0' | '1' | '2' | '3' | '4' | '5' | '6';
  readonly path: Uint8Array;
  readonly link: Uint8Array;
  /** Bytes that follow. */
  readonly size: number;
  readonly meta: Meta;
  readonly major: number;
  readonly minor: number;
  /** Of a file with holes: how long it is with them. */
  readonly sparseLength: number | null;
}

const PATH_BYTES = 100;
/** What fits digits of base 8 and a zero. */
const SMALL_MAX = 8 ** 7 - 1;
const LARGE_MAX = 8 ** 11 - 1;
/** What a reader that knows nothing of pax calls the members that are not files of the tree. */
const EXTENDED_NAME = Buffer.from('PaxHeaders/member');
const SPARSE_NAME = Buffer.from('GNUSparseFile.0/member');
const UNTOLD: WrittenMember = {
  type: '0',
  path: EXTENDED_NAME,
  link: new Uint8Array(),
  size: 0,
  meta: { mode: 0o644, uid: 0, gid: 0, modified: { seconds: 0, nanoseconds: 0 }, attributes: [] },
  major: 0,
  minor: 0,
  sparseLength: null,
};

/** The blocks before the content of a member: an extended header where the plain one has no room, and the plain one. */
export function headerOf(member: WrittenMember): Buffer {
  const records = recordsOf(member);
  const path = member.sparseLength === null ? member.path : SPARSE_NAME;
  const plain = block({ ...member, path }, member.type);
  if (records.length === 0) return plain;
  const body = Buffer.concat(records.map(formatRecord));
  return Buffer.concat([block({ ...UNTOLD, size: body.length }, 'x'), padded(body), plain]);
}

export function padded(body: Buffer): Buffer {
  const rest = body.length % BLOCK_BYTES;
  return rest === 0 ? body : Buffer.concat([body, Buffer.alloc(BLOCK_BYTES - rest)]);
}

function recordsOf(member: WrittenMember): readonly PaxRecord[] {
  const { path, link, size, sparseLength } = member;
  const { uid, gid, modified, attributes } = member.meta;
  const text = (key: string, value: string | number): PaxRecord => ({ key, value: Buffer.from(String(value)) });
  const number = (key: string, value: number, most: number) => (value > most ? [text(key, value)] : []);
  const isTimePlain = modified.nanoseconds === 0 && modified.seconds >= 0 && modified.seconds <= LARGE_MAX;
  const names = [
    ...(link.length > PATH_BYTES ? [{ key: 'linkpath', value: link }] : []),
    ...(sparseLength === null && path.length > PATH_BYTES ? [{ key: 'path', value: path }] : []),
    ...(sparseLength === null ? [] : [{ key: 'GNU.sparse.name', value: path }]),
  ];
  return [
    ...(names.every(({ value }) => isUtf8(value)) ? [] : [text('hdrcharset', 'BINARY')]),
    ...(sparseLength === null
      ? []
      : [text('GNU.sparse.major', 1), text('GNU.sparse.minor', 0), text('GNU.sparse.realsize', sparseLength)]),
    ...names,
    ...number('size', size, LARGE_MAX),
    ...number('uid', uid, SMALL_MAX),
    ...number('gid', gid, SMALL_MAX),
    ...(isTimePlain ? [] : [text('mtime', formatTime(modified))]),
    ...number('SCHILY.devmajor', member.major, SMALL_MAX),
    ...number('SCHILY.devminor', member.minor, SMALL_MAX),
    ...attributes.map(attributeRecord),
  ];
}

function block(member: WrittenMember, type: string): Buffer {
  const { path, link, size, meta, major, minor } = member;
  const bytes = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, at: number, digits: number) =>
    bytes.write(value.toString(8).padStart(digits, '0'), at, 'latin1');
  const fitting = (value: number, most: number) => (value < 0 || value > most ? 0 : value);
  bytes.set(path.subarray(0, PATH_BYTES), 0);
  octal(meta.mode, 100, 7);
  octal(fitting(meta.uid, SMALL_MAX), 108, 7);
  octal(fitting(meta.gid, SMALL_MAX), 116, 7);
  octal(fitting(size, LARGE_MAX), 124, 11);
  octal(fitting(meta.modified.seconds, LARGE_MAX), 136, 11);
  bytes.write(type, 156, 'latin1');
  bytes.set(link.subarray(0, PATH_BYTES), 157);
  bytes.write('ustar\x0000', 257, 'latin1');
  octal(fitting(major, SMALL_MAX), 329, 7);
  octal(fitting(minor, SMALL_MAX), 337, 7);
  octal(headerSum(bytes), 148, 6);
  bytes.write('\0 ', 154, 'latin1');
  return bytes;
}
