import { CodedError } from '../base/errors.ts';
import type { StoredBlock } from '../store/blocks.ts';
import { openFiled } from '../store/filed.ts';
import type { EntryPlace } from '../store/fold-commit.ts';
import type { Space } from './space.ts';
import { Turns } from './turns.ts';
import type { Findings } from './verify-findings.ts';

const PAGE = 256;

/** Every entry up to where the fold has come has an outcome, or waits for one, and not both. */
export async function checkPlayed(space: Space, findings: Findings): Promise<void> {
  const { blocks, journal } = space;
  const waiting = new Map(journal.waiting().map(({ arrival, index }) => [`${arrival}/${index}`, { arrival, index }]));
  const strays = new Map(waiting);
  const turns = new Turns(space.clock);
  let last = 0;
  for (;;) {
    const page = blocks.after(last, PAGE);
    for (const stored of page) {
      last = stored.arrival;
      for (const index of entriesOf(stored)) {
        const where = { arrival: stored.arrival, index };
        strays.delete(`${where.arrival}/${index}`);
        checkEntry(space, where, waiting.has(`${where.arrival}/${index}`), findings);
      }
      await turns.next();
    }
    if (page.length < PAGE) break;
  }
  for (const where of strays.values()) findings.add('waiting_stray', 'an entry waits that is not here', where);
}

/** Of a block that cannot be read nothing is known; that is a finding already. */
function entriesOf(stored: StoredBlock): Iterable<number> {
  try {
    return openFiled(stored.bytes, stored.id, stored.arrival).entries.keys();
  } catch (error) {
    if (error instanceof CodedError) return [];
    throw error;
  }
}

function checkEntry({ journal }: Space, where: EntryPlace, isWaiting: boolean, findings: Findings): void {
  // As it is at this very moment: outcomes and cursor move together.
  const folded = journal.foldedTo();
  const isPlayed = journal.hasOutcome(where);
  // One that waited as this began may have been played meanwhile.
  if (isPlayed && isWaiting && journal.isWaiting(where)) {
    findings.add('waiting_stray', 'an entry waits that was played', { ...where });
  }
  if (where.arrival > folded && (isPlayed || isWaiting)) {
    findings.add('fold_behind', 'an entry was played that the fold has still to come to', { ...where });
  }
  if (where.arrival > folded || isPlayed || isWaiting || journal.isWaiting(where)) return;
  findings.add('outcome_missing', 'an entry was neither played nor does it wait', { ...where });
}
