import type { Database, Statement } from 'better-sqlite3';
import { assert } from '../base/assert.ts';
import { CodedError } from '../base/errors.ts';
import { decodeBodies, encodeBodies } from './bodies.ts';
import { type EntryPlace, NO_TAGS } from './fold-commit.ts';
import { fromRow, OUTCOME_COLUMNS, type OutcomeRow, type RecordedOutcome, toRow } from './outcome-rows.ts';
import { type Digest, damaged } from './row-sum.ts';
import { checkedState, type StateRowOnDisk, stateRowSum } from './state-rows.ts';

/**
 * Takes away what entries said: bodies and salts, tags and message of their outcomes, and every value they wrote. What
 * remains of an entry is what its block signs: dapp, kind and the hash. Only within a transaction of the transactor.
 */
export class Eraser {
  readonly #block: Statement<[number], { bodies: Uint8Array }>;
  readonly #putBodies: Statement<[Uint8Array, number]>;
  readonly #outcome: Statement<[number, number], OutcomeRow>;
  readonly #outcomeAt: Statement<[number], OutcomeRow>;
  readonly #putOutcome: Statement<unknown[]>;
  readonly #state: Statement<[string, string], StateRowOnDisk>;
  readonly #gone: Statement<[string, string], StateRowOnDisk>;
  readonly #versions: Statement<[string, string], StateRowOnDisk>;
  readonly #clearVersion: Statement<unknown[]>;
  readonly #removeVersions: Statement<[string, string]>;
  readonly #removeGone: Statement<[string, string]>;

  constructor(database: Database) {
    this.#block = database.prepare('SELECT bodies FROM block WHERE arrival = ?');
    this.#putBodies = database.prepare('UPDATE block SET bodies = ? WHERE arrival = ?');
    this.#outcome = database.prepare(`SELECT ${OUTCOME_COLUMNS} FROM outcome WHERE block = ? AND idx = ?`);
    this.#outcomeAt = database.prepare(`SELECT ${OUTCOME_COLUMNS} FROM outcome WHERE position = ?`);
    this.#putOutcome = database.prepare(
      `UPDATE outcome SET message = :message, keys = :keys, erased = :erased, door = :door, member = :member,
         second = :second, reader = :reader, sum = :sum WHERE position = :position`,
    );
    const row = 'dapp = ? AND key = ?';
    this.#state = database.prepare(`SELECT key, position, before, value, sum FROM state WHERE ${row}`);
    this.#gone = database.prepare(`SELECT key, position, before, NULL AS value, sum FROM gone WHERE ${row}`);
    this.#versions = database.prepare(`SELECT key, position, before, value, sum FROM version WHERE ${row}`);
    this.#clearVersion = database.prepare(`UPDATE version SET value = NULL, sum = ? WHERE ${row} AND position = ?`);
    this.#removeVersions = database.prepare(`DELETE FROM version WHERE ${row}`);
    this.#removeGone = database.prepare(`DELETE FROM gone WHERE ${row}`);
  }

  /** @throws erase_held when state still has a value that one of them wrote; store_damaged. */
  erase(places: readonly EntryPlace[], digest: Digest): void {
    const recorded = places.map((place) => this.#recordedOf(place));
    for (const one of recorded) this.#refuseHeld(one);
    for (const one of recorded) this.#eraseOne(one, digest);
  }

  #recordedOf({ arrival, index }: EntryPlace): RecordedOutcome {
    const row = this.#outcome.get(arrival, index);
    if (row !== undefined) return fromRow(row);
    throw new CodedError('erase_unplayed', 'an entry can be erased after it was played', {
      fields: { arrival, index },
      advice: 'Try again when `blockmesh status` says that nothing waits.',
    });
  }

  #refuseHeld({ arrival, index, position, dapp, keys }: RecordedOutcome): void {
    const held = keys.find((key) => this.#state.get(dapp, key)?.position === position);
    if (held === undefined) return;
    throw new CodedError('erase_held', `the state of ${dapp} still has what the entry wrote`, {
      fields: { arrival, index, dapp, key: held },
      advice: 'Let the dapp clear it first, by its own command.',
    });
  }

  #eraseOne(recorded: RecordedOutcome, digest: Digest): void {
    const { arrival, index, position, dapp, keys } = recorded;
    const block = this.#block.get(arrival);
    const bodies = decodeBodies(block?.bodies ?? new Uint8Array());
    if (index >= bodies.length) throw damaged('the bodies of a block are gone', { arrival, index });
    this.#putBodies.run(encodeBodies(bodies.with(index, null)), arrival);
    this.#putOutcome.run(toRow({ ...recorded, message: null, keys: [], isErased: true, tags: NO_TAGS }));
    for (const key of keys) this.#eraseVersion(dapp, key, position, digest);
  }

  #eraseVersion(dapp: string, key: string, position: number, digest: Digest): void {
    const versions = this.#versions.all(dapp, key).map((row) => checkedState('version', dapp, row));
    const version = versions.find((row) => row.position === position);
    const gone = this.#gone.get(dapp, key);
    if (version !== undefined) {
      const sum = stateRowSum('version', dapp, { ...version, value: null });
      this.#clearVersion.run(sum, dapp, key, position);
    }
    const isEmpty = versions.every((row) => row.value === null || row.position === position);
    // The key itself may name somebody: where nothing remains but marks that it has no value, they go too.
    if (gone === undefined || !isEmpty) return;
    digest.flip(checkedState('gone', dapp, gone).sum);
    this.#removeGone.run(dapp, key);
    this.#removeVersions.run(dapp, key);
    for (const other of [...versions, gone]) this.#forgetKey(other.position, key);
  }

  #forgetKey(position: number, key: string): void {
    const row = this.#outcomeAt.get(position);
    assert(row !== undefined, 'what was written has its outcome');
    const recorded = fromRow(row);
    this.#putOutcome.run(toRow({ ...recorded, keys: recorded.keys.filter((one) => one !== key) }));
  }
}
