import { isDeepStrictEqual } from 'node:util';
import { CodedError } from '../base/errors.ts';
import { MESH } from '../ledger/mesh/keys.ts';
import { EMPTY_STATE, StateOverlay } from '../ledger/overlay.ts';
import type { RecordedOutcome } from '../store/outcome-rows.ts';
import { tagsOf } from './log-tags.ts';
import { bodyOf, openStored, playEntry } from './played.ts';
import type { Space } from './space.ts';
import { Turns } from './turns.ts';
import type { Findings, VerifyProgress } from './verify-findings.ts';

const PAGE = 256;

/**
 * The state folded anew, in the order in which it was played: from nothing, or from the state after the last erase, for
 * what was erased is never played again.
 */
export class Refold {
  readonly overlay: StateOverlay;
  /** The position it starts after; 0: from nothing. */
  readonly from: number;
  entries = 0;
  readonly #space: Space;
  readonly #findings: Findings;
  readonly #progress: VerifyProgress;
  #position: number;

  constructor(space: Space, findings: Findings, progress: VerifyProgress) {
    this.#space = space;
    this.#findings = findings;
    this.#progress = progress;
    this.from = space.journal.fold().erased;
    this.overlay = new StateOverlay(this.from === 0 ? EMPTY_STATE : space.state.at(this.from));
    this.#position = this.from;
  }

  /** Plays every outcome recorded until now that was not played here yet. */
  async catchUp(): Promise<void> {
    const { journal, clock } = this.#space;
    const turns = new Turns(clock);
    for (;;) {
      const end = Math.min(journal.fold().position, this.#position + PAGE);
      const isLast = end < this.#position + PAGE;
      while (this.#position < end) {
        this.#position += 1;
        await this.#replayAt(this.#position);
        await turns.next();
      }
      this.#progress('entries', this.#position, journal.fold().position);
      if (isLast) break;
    }
    if (journal.fold().erased !== this.from) {
      this.#findings.add('erased_meanwhile', 'entries were erased while this went on: verify again', {});
    }
  }

  async #replayAt(position: number): Promise<void> {
    try {
      const recorded = this.#space.journal.outcomeAt(position);
      this.entries += 1;
      await replay(this.#space, recorded, this.overlay, this.#findings);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      this.#findings.add(error.code, `the entry could not be played again: ${error.message}`, { position });
    }
  }
}

async function replay(
  space: Space,
  recorded: RecordedOutcome,
  overlay: StateOverlay,
  findings: Findings,
): Promise<void> {
  const { arrival, index, position, at } = recorded;
  const where = { position, arrival, index };
  const stored = space.blocks.at(arrival);
  if (stored === null) {
    if (!space.blocks.isLost(arrival)) findings.add('outcome_stray', 'an outcome belongs to no block', where);
    return;
  }
  const opened = openStored(stored);
  const entry = opened.block.entries[index];
  const tags = tagsOf(bodyOf(opened, index, space.caps));
  if (entry?.dapp !== recorded.dapp || entry.kind !== recorded.kind || !isDeepStrictEqual(tags, recorded.tags)) {
    findings.add('outcome_index', 'the log is asked by something else than the entry says', where);
  }
  // An entry on which its dapp failed for good was refused by us, not by the dapp.
  if (recorded.code === 'dapp_failed' && !recorded.ok) return;
  // What an erase was refused for is of that moment: what waited or was held then may not be any more.
  if (recorded.dapp === MESH && recorded.kind === 'erase' && !recorded.ok) return;
  const outcome = await playEntry(space.judge, opened, index, overlay, at, space.caps);
  const code = outcome.ok ? null : outcome.code;
  if (outcome.ok !== recorded.ok || code !== recorded.code) {
    findings.add('outcome_differs', `recorded ${recorded.code ?? 'ok'}, folded anew ${code ?? 'ok'}`, where);
  }
  if (outcome.ok) overlay.apply(entry?.dapp ?? '', outcome.writes);
}
