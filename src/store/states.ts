import type { Database, Statement } from 'better-sqlite3';
import { compareBytes, utf8 } from '../base/bytes.ts';
import type { Json } from '../base/json.ts';
import { STATE_KEY_BYTES_MAX, STATE_VALUE_BYTES_MAX } from '../base/limits.ts';
import { decodeJson } from '../format/json-value.ts';
import type { StatePage, StateReader, StateRow } from '../ledger/state.ts';

interface ValueRow {
  readonly key: string;
  readonly value: Uint8Array;
}

/**
 * After a prefix, this is behind every key that starts with it: more of the last code point there is, of four bytes,
 * than a key has room for.
 */
const LAST = '\u{10ffff}'.repeat(STATE_KEY_BYTES_MAX / 4 + 1);

/** The committed state of all dapps. */
export class StateTable implements StateReader {
  readonly #read: Statement<[string, string], ValueRow>;
  readonly #scanFrom: Statement<[string, string, string, number], ValueRow>;
  readonly #scanAfter: Statement<[string, string, string, number], ValueRow>;

  constructor(database: Database) {
    this.#read = database.prepare('SELECT key, value FROM state WHERE dapp = ? AND key = ?');
    const scan = (comparison: string) =>
      database.prepare<[string, string, string, number], ValueRow>(
        `SELECT key, value FROM state WHERE dapp = ? AND key ${comparison} ? AND key < ? ORDER BY key LIMIT ?`,
      );
    this.#scanFrom = scan('>=');
    this.#scanAfter = scan('>');
  }

  read(dapp: string, key: string): Json | null {
    const row = this.#read.get(dapp, key);
    return row === undefined ? null : toStateRow(row).value;
  }

  scan(dapp: string, prefix: string, after: string | null, limit: number): StatePage {
    const end = prefix + LAST;
    const isInside = after !== null && compareBytes(utf8(after), utf8(prefix)) >= 0;
    const statement = isInside ? this.#scanAfter : this.#scanFrom;
    const rows = statement.all(dapp, isInside ? after : prefix, end, limit + 1).map(toStateRow);
    return { rows: rows.slice(0, limit), more: rows.length > limit };
  }
}

function toStateRow(row: ValueRow): StateRow {
  return { key: row.key, value: decodeJson(row.value, STATE_VALUE_BYTES_MAX) };
}
