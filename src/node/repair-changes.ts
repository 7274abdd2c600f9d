import { LOST_TOLD_MAX } from '../base/limits.ts';
import type { Outcome } from '../ledger/outcome.ts';
import type { EntryPlace } from '../store/fold-commit.ts';
import type { RecordedOutcome } from '../store/outcome-rows.ts';

/** An entry that came out otherwise than the old file has it. A denial among them may not count any more. */
export interface ChangedEntry extends EntryPlace {
  readonly dapp: string;
  readonly kind: string;
  /** null: accepted; else the code with which it was refused. */
  readonly before: string | null;
  readonly after: string | null;
}

/** What folding anew has changed, as far as the old file can be read. */
export class RepairChanges {
  /** How many entries came out otherwise. */
  differing = 0;
  /** The first LOST_TOLD_MAX of them. */
  readonly changed: ChangedEntry[] = [];

  note(recorded: RecordedOutcome, outcome: Outcome): void {
    const { arrival, index, dapp, kind } = recorded;
    const before = recorded.ok ? null : (recorded.code ?? '');
    const after = outcome.ok ? null : outcome.code;
    if (before === after) return;
    this.differing += 1;
    if (this.changed.length < LOST_TOLD_MAX) this.changed.push({ arrival, index, dapp, kind, before, after });
  }
}
