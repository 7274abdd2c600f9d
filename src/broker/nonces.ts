import type { Database } from 'better-sqlite3';
import { CodedError } from '../base/errors.ts';
import { NONCES_MAX } from '../base/limits.ts';

/**
 * The nonces of commands that have not expired yet, in the broker's file, so that a command recorded on the wire does
 * nothing a second time, whatever the node went through in between.
 */
export class Nonces {
  readonly #keep;
  readonly #forget;
  readonly #count;

  constructor(database: Database) {
    this.#keep = database.prepare<[string, number]>('INSERT OR IGNORE INTO nonce (nonce, expires) VALUES (?, ?)');
    this.#forget = database.prepare<[number]>('DELETE FROM nonce WHERE expires <= ?');
    this.#count = database.prepare<[], number>('SELECT count(*) FROM nonce').pluck();
  }

  /**
   * Uses a nonce up; to be called in a write, once its command is known to be in time (`readCommand`).
   * @param expires and `nowMs`: ms since 1970 on one clock, which may only go forward (`NodeClock`): what has
   * expired is forgotten, and would be refused as expired.
   * @returns null; or why not: nonce_repeated, or command_busy when NONCES_MAX are kept, which takes a flood.
   */
  use(nonce: string, expires: number, nowMs: number): CodedError | null {
    this.#forget.run(nowMs);
    if ((this.#count.get() ?? 0) >= NONCES_MAX) {
      return new CodedError('command_busy', `${NONCES_MAX} commands were taken within their time`, {
        advice: 'Find out which device floods the board with commands; others are taken again in a few seconds.',
      });
    }
    if (this.#keep.run(nonce, expires).changes === 1) return null;
    return new CodedError('nonce_repeated', 'the command was given before', {
      fields: { nonce },
      advice: 'Take a new nonce for every command, also when one is sent again.',
    });
  }
}
