import { TAR_HEADER_BYTES_MAX, TAR_PIECE_BYTES, TAR_TRAILER_BYTES_MAX } from '../../base/limits-chunks.ts';
import type { Meta } from '../tree/entry.ts';
import { ByteReader } from './byte-reader.ts';
import { tarError } from './error.ts';
import { type Before, isGlobal, memberHead } from './extended.ts';
import { BLOCK_BYTES, type Header, isZero, parseHeader, textIn } from './header.ts';
import { bodyBytes, kindOf, type MemberNode, metaOf, nodeOf } from './member-node.ts';
import { type PaxRecord, parseRecords } from './records.ts';
import { withHoles } from './sparse.ts';
import { sparseMember } from './sparse-forms.ts';

/** A member of an archive, its names as they stand there. */
export interface TarMember {
  readonly path: Uint8Array;
  readonly node: MemberNode;
  readonly meta: Meta;
  /** How long a file is, with its holes; of anything else 0. */
  readonly bytes: number;
  /** Of a file. To be read before the next member is asked for; what is not read is passed over. */
  readonly content: AsyncIterable<Uint8Array>;
  /** Keywords of its extended header that say something we do not keep. */
  readonly passedOver: readonly string[];
}

const NOTHING: Before = { globals: [], records: [], longPath: null, longLink: null };

/**
 * The members of an archive of v7, ustar, pax or GNU tar, in their order, up to the zeros that end it. Holds one piece of
 * the stream, and one extended header.
 * @throws tar_compressed, tar_form, tar_header, tar_sparse, tar_too_large, tar_truncated.
 */
export async function* tarMembers(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarMember> {
  const reader = new ByteReader(source);
  try {
    let before = NOTHING;
    for (;;) {
      const at = reader.at;
      const block = await reader.exactly(BLOCK_BYTES);
      if (isZero(block)) break;
      const header = parseHeader(block, at);
      const extended = await heard(header, before, reader);
      if (extended === null) yield* oneMember(header, before, reader);
      before = extended ?? { ...NOTHING, globals: before.globals };
    }
    if (before.records.length > 0) throw tarError('tar_form', 'the archive ends after an extended header');
    await reader.drain(TAR_TRAILER_BYTES_MAX);
  } finally {
    await reader.close();
  }
}

/** What a header that is not a member's own adds; null for that of a member. */
async function heard(header: Header, before: Before, reader: ByteReader): Promise<Before | null> {
  switch (header.type) {
    case 'x':
    case 'X':
      return { ...before, records: parseRecords(await smallBody(header, reader)) };
    case 'g': {
      const records = parseRecords(await smallBody(header, reader)).filter(isGlobal);
      return { ...before, globals: lastOfEach([...before.globals, ...records]) };
    }
    case 'L':
      return { ...before, longPath: textIn(await smallBody(header, reader)) };
    case 'K':
      return { ...before, longLink: textIn(await smallBody(header, reader)) };
    case 'V':
      await smallBody(header, reader);
      return before;
    default:
      return null;
  }
}

function lastOfEach(records: readonly PaxRecord[]): readonly PaxRecord[] {
  return [...new Map(records.map((record) => [record.key, record])).values()];
}

async function smallBody({ size, type }: Header, reader: ByteReader): Promise<Buffer> {
  if (size < 0) throw tarError('tar_form', 'a size is negative', { at: reader.at });
  if (size > TAR_HEADER_BYTES_MAX) {
    throw tarError('tar_too_large', `an extended header is over ${TAR_HEADER_BYTES_MAX} bytes`, { size, type });
  }
  const bytes = await reader.exactly(size);
  await reader.exactly(paddingOf(size));
  return bytes;
}

async function* oneMember(header: Header, before: Before, reader: ByteReader): AsyncGenerator<TarMember> {
  const head = memberHead(header, before);
  const { path, passedOver } = head;
  const kind = kindOf(header.type, path);
  const size = bodyBytes(header.type, kind, head);
  const sparse = kind === 'file' ? await sparseMember(header, before.records, size, reader) : null;
  const left = { bytes: sparse?.storedBytes ?? size };
  const data = body(reader, left);
  const node = nodeOf(kind, head, sparse !== null);
  const content = sparse === null ? data : withHoles(sparse.map, data);
  yield { path, node, meta: metaOf(header, head), bytes: sparse?.map.length ?? size, content, passedOver };
  while (left.bytes > 0) left.bytes -= (await reader.upTo(left.bytes)).length;
  await reader.exactly(paddingOf(size));
}

async function* body(reader: ByteReader, left: { bytes: number }): AsyncGenerator<Uint8Array> {
  while (left.bytes > 0) {
    const piece = await reader.upTo(Math.min(left.bytes, TAR_PIECE_BYTES));
    left.bytes -= piece.length;
    yield piece;
  }
}

function paddingOf(size: number): number {
  return (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
}
