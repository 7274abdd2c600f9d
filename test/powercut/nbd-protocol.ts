import { SECTOR_BYTES } from './lossy-disk.ts';

/** The bytes of the NBD protocol, fixed newstyle (doc/proto.md of the NBD project), as far as QEMU needs them. */

const NBD_MAGIC = 0x4e42444d41474943n;
const OPTION_MAGIC = 0x49484156454f5054n;
const OPTION_REPLY_MAGIC = 0x0003e889045565a9n;
const REQUEST_MAGIC = 0x25609513;
const REPLY_MAGIC = 0x67446698;

const FLAG_FIXED_NEWSTYLE = 1;
const FLAG_NO_ZEROES = 2;
const HAS_FLAGS = 1;
/** No FUA: where QEMU needs a write to last, it then asks for a flush. */
const SEND_FLUSH = 4;

export const OPTION = { abort: 2, go: 7 } as const;
export const OPTION_REPLY = { ack: 1, info: 3, unsupported: 0x80000001 } as const;
const INFO = { export: 0, blockSize: 3 } as const;
export const COMMAND = { read: 0, write: 1, disconnect: 2, flush: 3 } as const;
export const ERROR = { none: 0, invalid: 22 } as const;

export const CLIENT_FLAGS_BYTES = 4;
export const OPTION_HEADER_BYTES = 16;
export const REQUEST_BYTES = 28;
/** Of one option's data, which names an export and what to tell of it. */
export const OPTION_DATA_BYTES_MAX = 4096;
/** Of one read or write; the client is told, and cuts its requests accordingly. */
export const TRANSFER_BYTES_MAX = 4 * 1024 * 1024;

export function greeting(): Buffer {
  const bytes = Buffer.alloc(18);
  bytes.writeBigUInt64BE(NBD_MAGIC, 0);
  bytes.writeBigUInt64BE(OPTION_MAGIC, 8);
  bytes.writeUInt16BE(FLAG_FIXED_NEWSTYLE | FLAG_NO_ZEROES, 16);
  return bytes;
}

export interface OptionHeader {
  readonly option: number;
  readonly length: number;
}

/** @throws when the bytes are no option. */
export function decodeOptionHeader(bytes: Buffer): OptionHeader {
  if (bytes.readBigUInt64BE(0) !== OPTION_MAGIC) throw new Error('not an NBD option');
  const length = bytes.readUInt32BE(12);
  if (length > OPTION_DATA_BYTES_MAX) throw new Error(`an NBD option of ${length} bytes`);
  return { option: bytes.readUInt32BE(8), length };
}

export function optionReply(option: number, type: number, data: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(20);
  head.writeBigUInt64BE(OPTION_REPLY_MAGIC, 0);
  head.writeUInt32BE(option, 8);
  head.writeUInt32BE(type, 12);
  head.writeUInt32BE(data.length, 16);
  return Buffer.concat([head, data]);
}

/** What GO tells of an export of `bytes` bytes. */
export function exportInfos(bytes: number): readonly Buffer[] {
  const size = Buffer.alloc(12);
  size.writeUInt16BE(INFO.export, 0);
  size.writeBigUInt64BE(BigInt(bytes), 2);
  size.writeUInt16BE(HAS_FLAGS | SEND_FLUSH, 10);
  const blocks = Buffer.alloc(14);
  blocks.writeUInt16BE(INFO.blockSize, 0);
  blocks.writeUInt32BE(SECTOR_BYTES, 2);
  blocks.writeUInt32BE(4096, 6);
  blocks.writeUInt32BE(TRANSFER_BYTES_MAX, 10);
  return [size, blocks];
}

export interface NbdRequest {
  readonly command: number;
  readonly cookie: bigint;
  readonly offset: number;
  readonly length: number;
}

/** @throws when the bytes are no request, or one over the caps. */
export function decodeRequest(bytes: Buffer): NbdRequest {
  if (bytes.readUInt32BE(0) !== REQUEST_MAGIC) throw new Error('not an NBD request');
  const length = bytes.readUInt32BE(24);
  if (length > TRANSFER_BYTES_MAX) throw new Error(`an NBD request of ${length} bytes`);
  return {
    command: bytes.readUInt16BE(6),
    cookie: bytes.readBigUInt64BE(8),
    offset: Number(bytes.readBigUInt64BE(16)),
    length,
  };
}

export function reply(cookie: bigint, error: number, data: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32BE(REPLY_MAGIC, 0);
  head.writeUInt32BE(error, 4);
  head.writeBigUInt64BE(cookie, 8);
  return Buffer.concat([head, data]);
}
