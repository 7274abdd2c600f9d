import { toHex } from '../base/bytes.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { isJsonObject } from '../base/json.ts';
import { LINE_BYTES_MAX } from '../base/limits.ts';
import type { BlockCaps } from '../format/block.ts';
import { type BlockId, idText } from '../format/ids.ts';
import { authorOf } from '../ledger/mesh/authors.ts';
import { erasedKey, MESH, nodeKey } from '../ledger/mesh/keys.ts';
import type { StateReader } from '../ledger/state.ts';
import type { BlockReader } from '../store/blocks.ts';
import type { Journal } from '../store/journal.ts';
import type { LogQuery } from '../store/log-index.ts';
import type { RecordedOutcome } from '../store/outcome-rows.ts';
import { damaged } from '../store/row-sum.ts';
import { bodyOf, openStored } from './played.ts';

export interface LogParts {
  readonly journal: Journal;
  readonly blocks: BlockReader;
  readonly state: StateReader;
  readonly caps: BlockCaps;
}

/** A page has to fit in one line of the control socket. */
const PAGE_BYTES_MAX = LINE_BYTES_MAX / 2;

export interface LogPage {
  /** The oldest first, whichever way the log is walked. */
  readonly rows: readonly JsonObject[];
  /** The last position looked at: to go on after it, or (backwards) before it. */
  readonly position: number;
  /** Whether there may be more that way; a page may be empty and say so. */
  readonly more: boolean;
}

/**
 * Entries that were played, in that order, each with who wrote it, when, and what became of it. One that waits for its
 * dapp comes when it has been played: a follower sees every entry once, with its outcome.
 */
export function logPage(parts: LogParts, query: LogQuery): LogPage {
  const { outcomes, looked, more } = parts.journal.page(query);
  const rows: JsonObject[] = [];
  let [position, bytes] = [looked, 0];
  for (const [at, recorded] of outcomes.entries()) {
    const described = describe(parts, recorded);
    bytes += Buffer.byteLength(JSON.stringify(described));
    if (bytes > PAGE_BYTES_MAX && at > 0) {
      position = outcomes[at - 1]?.position ?? looked;
      return { rows: inOrder(rows, query), position, more: true };
    }
    rows.push(described);
  }
  return { rows: inOrder(rows, query), position, more };
}

function inOrder(rows: readonly JsonObject[], { isBackwards = false }: LogQuery): readonly JsonObject[] {
  return isBackwards ? rows.toReversed() : rows;
}

function describe({ blocks, state, caps }: LogParts, recorded: RecordedOutcome): JsonObject {
  const { arrival, index, position, dapp, kind, at, isErased } = recorded;
  const stored = blocks.at(arrival);
  if (stored === null && blocks.isLost(arrival)) return describeLost(recorded);
  if (stored === null) throw damaged('the block of an outcome is gone', { arrival, position });
  const opened = openStored(stored);
  const { time, author } = opened.block;
  return {
    position,
    block: idText(stored.id),
    index,
    time: time.wallMs,
    clock: time.quality,
    playedMs: at.wallMs,
    author: authorName(toHex(author), state),
    dapp,
    kind,
    body: isErased ? null : shownBody(bodyOf(opened, index, caps), stored.bodies[index]?.bytes),
    ...(isErased ? { erased: erasureOf(state, stored.id, index) } : {}),
    outcome: outcomeOf(recorded),
  };
}

/** What is known of an entry whose block a repair could not save. */
function describeLost(recorded: RecordedOutcome): JsonObject {
  const { index, position, dapp, kind, at } = recorded;
  const when = { time: at.wallMs, clock: at.quality, playedMs: at.wallMs };
  return {
    position,
    block: '',
    index,
    ...when,
    author: '',
    dapp,
    kind,
    body: null,
    lost: true,
    outcome: outcomeOf(recorded),
  };
}

/** A body that was refused because nobody can read it is shown as the bytes it is. */
function shownBody(body: Json | null, bytes: Uint8Array | undefined): Json {
  if (body !== null || bytes === undefined) return body;
  return { '/': { bytes: Buffer.from(bytes).toString('base64').replace(/=+$/, '') } };
}

/** Who took the body away, and when; nothing more where state does not say. */
function erasureOf(state: StateReader, block: BlockId, index: number): JsonObject {
  const record = state.read(MESH, erasedKey(block, index));
  return isJsonObject(record) ? { by: record.by ?? null, atMs: record.atMs ?? null } : { by: null, atMs: null };
}

function outcomeOf({ ok, code, message }: RecordedOutcome): JsonObject {
  return ok ? { status: 'ok' } : { status: 'refused', code, message };
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
