import type { Json, JsonObject } from './json.ts';
import { isJsonObject } from './json.ts';
import type { Peer } from './peer.ts';
import { CallError } from './peer.ts';

/** One record of a dapp's state. */
export interface Row {
  readonly key: string;
  readonly value: Json;
}

interface ScanOptions {
  /** Whose state; absent: the dapp's own. */
  readonly dapp?: string;
  /** Start after this key, itself left out. */
  readonly after?: string;
  /** At most SCAN_ROWS_MAX, which is also what an absent limit means. */
  readonly limit?: number;
}

interface Page {
  /** In the order of the keys' UTF-8 bytes. */
  readonly rows: readonly Row[];
  readonly more: boolean;
}

/**
 * Read access to state. In a contract it is the state just before the entry and does not show the entry's own writes.
 * Start reads that do not depend on each other together: each costs a round trip to the node.
 */
export interface State {
  /** The value, or null where there is none. `dapp` absent: the dapp's own state. */
  read(key: string, dapp?: string): Promise<Json>;
  scan(prefix: string, options?: ScanOptions): Promise<Page>;
}

/** State behind the line; `known` holds what the node sent along, by `dapp:key`, and saves the round trip. */
export class NodeState implements State {
  readonly #peer: Peer;
  readonly #own: string;
  readonly #known: JsonObject;
  readonly #isUrgent: boolean;

  /** @param isUrgent whether what is read goes before other calls that wait. */
  constructor(peer: Peer, own: string, known: JsonObject = {}, isUrgent = false) {
    this.#peer = peer;
    this.#own = own;
    this.#known = known;
    this.#isUrgent = isUrgent;
  }

  async read(key: string, dapp?: string): Promise<Json> {
    const name = `${dapp ?? this.#own}:${key}`;
    if (Object.hasOwn(this.#known, name)) return this.#known[name] ?? null;
    const answer = await this.#peer.ask('read', dapp === undefined ? { key } : { dapp, key }, this.#isUrgent);
    if (!isJsonObject(answer) || answer.value === undefined) throw brokenAnswer('read');
    return answer.value;
  }

  async scan(prefix: string, options: ScanOptions = {}): Promise<Page> {
    const answer = await this.#peer.ask('scan', { prefix, ...options }, this.#isUrgent);
    if (!isJsonObject(answer) || typeof answer.more !== 'boolean') throw brokenAnswer('scan');
    const rows: unknown = answer.rows;
    if (!Array.isArray(rows) || !rows.every(isRow)) throw brokenAnswer('scan');
    return { rows, more: answer.more };
  }
}

function isRow(value: unknown): value is Row {
  return isJsonObject(value) && typeof value.key === 'string' && value.value !== undefined;
}

// A CallError and not a Fault, for the reason given there: the node's mistake is no verdict on an entry.
function brokenAnswer(method: string): CallError {
  return new CallError('broken_answer', `the node's answer to ${method} has the wrong form`);
}
