import type { Database } from 'better-sqlite3';
import { assert } from '../base/assert.ts';
import { CodedError } from '../base/errors.ts';
import type { ClockReading } from '../base/ports.ts';
import type { BlockCaps, EntryRef } from '../format/block.ts';
import { MESH } from '../ledger/mesh/keys.ts';
import type { Outcome } from '../ledger/outcome.ts';
import { BlockReader } from '../store/blocks.ts';
import type { EntryPlace, PlayedEntry } from '../store/fold-commit.ts';
import { Journal } from '../store/journal.ts';
import type { RecordedOutcome } from '../store/outcome-rows.ts';
import { RecordedWrites } from '../store/recorded-writes.ts';
import { StateTable } from '../store/states.ts';
import { isDamage } from '../store/survey.ts';
import { Transactor } from '../store/transactor.ts';
import type { Judge } from './judge.ts';
import { tagsOf } from './log-tags.ts';
import { bodyOf, openStored, playEntry } from './played.ts';
import { RepairChanges } from './repair-changes.ts';

/**
 * Plays every entry of a new file that has blocks and nothing else: in the order and at the times that the old file
 * still tells, and where it does not, in order of arrival, at the time their author claims. What was erased stays erased;
 * what came after may rest on it, as a block on a forgotten member's card does: there the old file's sound rows count.
 */
export class RepairFold {
  readonly #journal: Journal;
  readonly #old: Journal;
  readonly #oldWrites: RecordedWrites;
  readonly #blocks: BlockReader;
  readonly #state: StateTable;
  readonly #transactor: Transactor;
  readonly #judge: Judge;
  readonly #caps: BlockCaps;
  readonly #nowMs: number;
  #at: ClockReading = { wallMs: 0, quality: 'unknown' };
  readonly #changes = new RepairChanges();
  /** Whether an erased entry was passed, so that playing the others again may come out otherwise. */
  #isCut = false;

  /** @param nowMs the time of the repair. */
  constructor(old: Database, next: Database, judge: Judge, caps: BlockCaps, nowMs: number) {
    this.#nowMs = nowMs;
    this.#old = new Journal(old);
    this.#oldWrites = new RecordedWrites(old);
    this.#journal = new Journal(next);
    this.#blocks = new BlockReader(next);
    this.#state = new StateTable(next);
    this.#transactor = new Transactor(next);
    this.#judge = judge;
    this.#caps = caps;
  }

  /** @throws what a dapp that fails throws: then there is no repair, and the old file is as it was. */
  async run(positions: number, progress: (done: number) => void): Promise<RepairChanges> {
    const untold = this.#untold();
    for (let position = 1; position <= positions; position += 1) {
      const recorded = read(() => this.#old.outcomeAt(position));
      const place = recorded ?? untold.next().value;
      if (place === undefined) break;
      await this.#play(place, recorded);
      if (position % 256 === 0 || position === positions) progress(position);
    }
    for (const place of untold) await this.#play(place, null);
    return this.#changes;
  }

  /** Entries of whose outcome the old file tells nothing any more, in order of arrival; those that wait with them. */
  *#untold(): Generator<EntryPlace> {
    let last = 0;
    for (;;) {
      const [stored] = this.#blocks.after(last, 1);
      if (stored === undefined) return;
      last = stored.arrival;
      for (const index of openStored(stored).block.entries.keys()) {
        const place = { arrival: last, index };
        if (read(() => this.#old.outcome(place)) === null) yield place;
      }
    }
  }

  async #play({ arrival, index }: EntryPlace, recorded: RecordedOutcome | null): Promise<void> {
    const stored = this.#blocks.at(arrival);
    if (stored === null || this.#journal.hasOutcome({ arrival, index })) return;
    const opened = openStored(stored);
    const entry = opened.block.entries[index];
    if (entry === undefined) return;
    this.#at = this.#timeOf(recorded?.at ?? null, opened.block.time);
    const isErased = (stored.bodies[index] ?? null) === null;
    this.#isCut ||= isErased;
    const outcome = await this.#outcomeOf(opened, index, recorded, isErased);
    const { dapp, kind } = entry;
    const tags = tagsOf(bodyOf(opened, index, this.#caps));
    const played: PlayedEntry = { arrival, index, dapp, kind, tags, outcome, at: this.#at };
    const named = outcome.ok ? (outcome.erased ?? []) : [];
    const erased = [...(isErased ? [{ arrival, index }] : []), ...named.map((ref) => this.#placeOf(ref))];
    const folded = Math.max(arrival, this.#journal.foldedTo());
    this.#transactor.commitFold({ arrival: folded, played: [played], waiting: [], erased });
    if (recorded !== null) this.#changes.note(recorded, outcome);
  }

  #placeOf({ block, index }: EntryRef): EntryPlace {
    const arrival = this.#blocks.arrivalOf(block);
    assert(arrival !== null, 'an erase names entries that are here');
    return { arrival, index };
  }

  /** As it was recorded; else when its author says it wrote it, which is a claim: not after now. Never back. */
  #timeOf(recorded: ClockReading | null, claimed: ClockReading): ClockReading {
    const claimedMs = Math.min(claimed.wallMs, this.#nowMs);
    const wallMs = Math.max(recorded?.wallMs ?? claimedMs, this.#at.wallMs);
    return { wallMs, quality: recorded?.quality ?? claimed.quality };
  }

  async #outcomeOf(
    opened: ReturnType<typeof openStored>,
    index: number,
    recorded: RecordedOutcome | null,
    isErased: boolean,
  ): Promise<Outcome> {
    if (isErased && recorded?.ok !== false) return { ok: true, writes: [] };
    // Refused by us, for its dapp failed on it again and again; or erased, and refused when it was played.
    if (recorded?.code === 'dapp_failed' || isErased) {
      return { ok: false, code: recorded?.code ?? 'erased', message: recorded?.message ?? '' };
    }
    const kept = this.#isCut && recorded?.ok === true && recorded.dapp !== MESH ? recorded : null;
    const writes = kept === null ? null : read(() => this.#oldWrites.of(kept));
    if (writes !== null) return { ok: true, writes };
    return await playEntry(this.#judge, opened, index, this.#state, this.#at, this.#caps);
  }
}

/** What the old file says, or null where it cannot be read. */
function read<T>(task: () => T): T | null {
  try {
    return task();
  } catch (error) {
    if (error instanceof CodedError || isDamage(error)) return null;
    throw error;
  }
}
