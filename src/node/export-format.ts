import { concat, equalBytes, fromHex, utf8 } from '../base/bytes.ts';
import { CodedError } from '../base/errors.ts';
import { BLOCK_BYTES_MAX, EXPORT_RECORD_BYTES_MAX } from '../base/limits.ts';
import type { Body } from '../format/body.ts';
import { decodeValue, encodeValue } from '../format/codec.ts';
import type { BlockId } from '../format/ids.ts';
import type { SealedBlock } from '../format/sealed.ts';

/** The bytes of a file of blocks. `EXPORT.md` beside this file has them one by one. */

export const EXPORT_MAGIC = utf8('BMBLOCKS');
const VERSION = 1;
const MESH_BYTES = 32;
export const EXPORT_HEADER_BYTES = EXPORT_MAGIC.length + 1 + MESH_BYTES;
export const LENGTH_BYTES = 4;
/** After the length 0 that ends the records: how many they are, then the digest. */
export const COUNT_BYTES = 8;
export const DIGEST_BYTES = 32;

export function exportHeader(mesh: BlockId): Uint8Array {
  return concat(EXPORT_MAGIC, Uint8Array.of(VERSION), fromHex(mesh));
}

/** @throws export_foreign, export_version, export_mesh. */
export function checkExportHeader(header: Uint8Array, mesh: BlockId, path: string): void {
  const fields = { path };
  if (header.length < EXPORT_HEADER_BYTES || !equalBytes(header.subarray(0, EXPORT_MAGIC.length), EXPORT_MAGIC)) {
    throw new CodedError('export_foreign', `${path} is not a file of blocks`, {
      fields,
      advice: 'Name a file that `blockmesh export` made; a backup comes back with `restore`.',
    });
  }
  if (header[EXPORT_MAGIC.length] !== VERSION) {
    throw new CodedError(
      'export_version',
      `${path} is a file of blocks of another version (${header[EXPORT_MAGIC.length]})`,
      {
        fields,
        advice: 'Update this node, or export with its release.',
      },
    );
  }
  if (equalBytes(header.subarray(EXPORT_MAGIC.length + 1), fromHex(mesh))) return;
  throw new CodedError('export_mesh', `the blocks in ${path} are of another mesh`, {
    fields,
    advice: 'Blocks are taken from boards of the same space only.',
  });
}

/** One block with its length before it. */
export function exportRecord({ bytes, signature, bodies }: SealedBlock): Uint8Array {
  const sealed = bodies.map((body: Body | null) => (body === null ? null : [body.salt, body.bytes]));
  const record = encodeValue([bytes, signature, sealed]);
  return concat(lengthOf(record.length), record);
}

/** Ends the records; the SHA-256 of everything before it, this length and count included, follows. */
export function exportEnd(count: number): Uint8Array {
  const bytes = Buffer.alloc(COUNT_BYTES);
  bytes.writeBigUInt64BE(BigInt(count));
  return concat(lengthOf(0), bytes);
}

export function readCount(bytes: Uint8Array): number {
  return Number(Buffer.from(bytes).readBigUInt64BE());
}

/** The length of the record that follows; 0 where none does. @throws export_form when it is over the cap. */
export function readLength(bytes: Uint8Array): number {
  const length = Buffer.from(bytes).readUInt32BE();
  if (length <= EXPORT_RECORD_BYTES_MAX) return length;
  throw new CodedError('export_form', `a record of ${length} bytes, where ${EXPORT_RECORD_BYTES_MAX} are allowed`, {
    fields: { bytes: length },
  });
}

/** Whether the block is one is another question. @throws export_form; the `cbor_…` codes. */
export function readRecord(record: Uint8Array): SealedBlock {
  const value = decodeValue(record, EXPORT_RECORD_BYTES_MAX);
  const [bytes, signature, bodies] = Array.isArray(value) && value.length === 3 ? value : [];
  if (!(bytes instanceof Uint8Array) || !(signature instanceof Uint8Array) || !Array.isArray(bodies)) throw badRecord();
  if (bytes.length > BLOCK_BYTES_MAX) throw badRecord();
  return { bytes, signature, bodies: bodies.map(readBody) };
}

function readBody(value: unknown): Body | null {
  if (value === null) return null;
  const [salt, bytes] = Array.isArray(value) && value.length === 2 ? value : [];
  if (salt instanceof Uint8Array && bytes instanceof Uint8Array) return { salt, bytes };
  throw badRecord();
}

function badRecord(): CodedError {
  return new CodedError('export_form', 'a record is not a block with its signature and bodies');
}

function lengthOf(length: number): Uint8Array {
  const bytes = Buffer.alloc(LENGTH_BYTES);
  bytes.writeUInt32BE(length);
  return bytes;
}
