import { toHex } from '../base/bytes.ts';
import { CodedError } from '../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts';
import { LINE_BYTES_MAX } from '../base/limits.ts';
import type { BlockCaps } from '../format/block.ts';
import { decodeBlock } from '../format/block-decode.ts';
import { idText } from '../format/ids.ts';
import { decodeJson } from '../format/json-value.ts';
import { authorOf } from '../ledger/mesh/authors.ts';
import { MESH, nodeKey } from '../ledger/mesh/keys.ts';
import type { StateReader } from '../ledger/state.ts';
import type { Journal, JournalRow } from '../store/journal.ts';

/** Where a reader of the log has come to: the last entry it was given. */
export interface LogCursor {
  readonly arrival: number;
  readonly index: number;
}

/** A page has to fit in one line of the control socket. */
const PAGE_BYTES_MAX = LINE_BYTES_MAX / 2;

export interface LogPage {
  readonly rows: readonly JsonObject[];
  readonly cursor: LogCursor;
}

/**
 * Entries after `cursor` in order of arrival, each with who wrote it, when, and what became of it. Stops before the
 * first entry that is neither played nor known to wait, so that a follower sees every entry once, with its outcome or why it waits.
 */
export function logPage(
  journal: Journal,
  state: StateReader,
  caps: BlockCaps,
  cursor: LogCursor,
  limit: number,
): LogPage {
  const rows: JsonObject[] = [];
  let last = cursor;
  let bytes = 0;
  for (const row of journal.entriesAfter(cursor.arrival, cursor.index, limit)) {
    if (row.ok === null && row.waiting === null) break;
    const described = describe(row, state, caps);
    bytes += Buffer.byteLength(JSON.stringify(described));
    if (bytes > PAGE_BYTES_MAX && rows.length > 0) break;
    rows.push(described);
    last = { arrival: row.arrival, index: row.index };
  }
  return { rows, cursor: last };
}

function describe(row: JournalRow, state: StateReader, caps: BlockCaps): JsonObject {
  const { block } = decodeBlock(row.blockBytes, caps);
  const entry = block.entries[row.index];
  return {
    block: idText(toHex(row.block)),
    index: row.index,
    time: block.time.wallMs,
    clock: block.time.quality,
    author: authorName(toHex(block.author), state),
    dapp: entry?.dapp ?? '',
    kind: entry?.kind ?? '',
    body: bodyOf(row.body, caps),
    outcome: outcomeOf(row),
  };
}

/** A body that was refused because nobody can read it is shown as the bytes it is. */
function bodyOf(bytes: Uint8Array, caps: BlockCaps): Json {
  try {
    return decodeJson(bytes, caps.bodyBytesMax);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return { '/': { bytes: Buffer.from(bytes).toString('base64').replace(/=+$/, '') } };
  }
}

function outcomeOf(row: JournalRow): JsonObject {
  if (row.ok === null) return { status: 'waiting', code: row.waiting };
  return row.ok ? { status: 'ok' } : { status: 'refused', code: row.code, message: row.message };
}

/** The principal for a person, the board's name for a board, and the key itself for a stranger. */
function authorName(key: string, state: StateReader): string {
  const author = authorOf(state, key);
  if (author === null) return key;
  if (author.principal !== null) return author.principal;
  return textAt(state.read(MESH, nodeKey(key)), 'name') ?? key;
}

function textAt(value: Json | null, field: string): string | null {
  const text = isJsonObject(value) ? value[field] : null;
  return typeof text === 'string' ? text : null;
}
