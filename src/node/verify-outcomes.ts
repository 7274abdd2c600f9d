import { CodedError } from '../base/errors.ts';
import { EMPTY_STATE, StateOverlay } from '../ledger/overlay.ts';
import type { RecordedOutcome } from '../store/journal.ts';
import { openStored, playEntry } from './played.ts';
import type { Space } from './space.ts';
import { type Findings, type VerifyProgress, yieldToOthers } from './verify-findings.ts';

const PAGE = 256;

/** Every entry up to where the fold has come has an outcome, or waits for one, and not both. */
export async function checkPlayed(space: Space, findings: Findings): Promise<void> {
  const strays = new Map(
    space.journal.waiting().map(({ arrival, index }) => [`${arrival}/${index}`, { arrival, index }]),
  );
  let last = { arrival: 0, index: 0 };
  for (;;) {
    const page = space.journal.entriesAfter(last.arrival, last.index, PAGE);
    // As it is at this very moment: outcomes and cursor move together.
    const folded = space.journal.foldedTo();
    for (const { arrival, index, ok, waiting } of page) {
      last = { arrival, index };
      strays.delete(`${arrival}/${index}`);
      if (ok !== null && waiting !== null) findings.add('waiting_stray', 'an entry waits that was played', last);
      if (arrival > folded && (ok !== null || waiting !== null)) {
        findings.add('fold_behind', 'an entry was played that the fold has still to come to', last);
      }
      if (arrival > folded || ok !== null || waiting !== null) continue;
      findings.add('outcome_missing', 'an entry was neither played nor does it wait', last);
    }
    if (page.length < PAGE) break;
    await yieldToOthers();
  }
  for (const where of strays.values()) findings.add('waiting_stray', 'an entry waits that is not here', where);
}

/** The state folded from nothing, in the order in which it was played. */
export class Refold {
  readonly overlay = new StateOverlay(EMPTY_STATE);
  entries = 0;
  readonly #space: Space;
  readonly #findings: Findings;
  readonly #progress: VerifyProgress;
  #position = 0;

  constructor(space: Space, findings: Findings, progress: VerifyProgress) {
    this.#space = space;
    this.#findings = findings;
    this.#progress = progress;
  }

  /** Plays every outcome recorded until now that was not played here yet. */
  async catchUp(): Promise<void> {
    for (;;) {
      const page = this.#space.journal.outcomes(this.#position, PAGE);
      for (const recorded of page) {
        this.#position = recorded.position;
        this.entries += 1;
        await replay(this.#space, recorded, this.overlay, this.#findings);
      }
      this.#progress('entries', this.entries, this.#space.blocks.counts().entries);
      if (page.length < PAGE) return;
      await yieldToOthers();
    }
  }
}

async function replay(
  space: Space,
  recorded: RecordedOutcome,
  overlay: StateOverlay,
  findings: Findings,
): Promise<void> {
  const { arrival, index, at } = recorded;
  const where = { arrival, index };
  const [stored] = space.blocks.after(arrival - 1, 1);
  if (stored === undefined || stored.arrival !== arrival) {
    findings.add('outcome_stray', 'an outcome belongs to no block', where);
    return;
  }
  try {
    const opened = openStored(stored, space.caps);
    const dapp = opened.block.entries[index]?.dapp ?? '';
    // An entry on which its dapp failed for good was refused by us, not by the dapp.
    if (recorded.code === 'dapp_failed' && !recorded.ok) return;
    const outcome = await playEntry(space.judge, opened, index, overlay, at, space.caps);
    const code = outcome.ok ? null : outcome.code;
    if (outcome.ok !== recorded.ok || code !== recorded.code) {
      findings.add('outcome_differs', `recorded ${recorded.code ?? 'ok'}, folded anew ${code ?? 'ok'}`, where);
    }
    if (outcome.ok) overlay.apply(dapp, outcome.writes);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    findings.add(error.code, `the entry could not be played again: ${error.message}`, where);
  }
}
