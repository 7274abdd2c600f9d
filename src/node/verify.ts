import { equalBytes } from '../base/bytes.ts';
import { codeOf, messageOf } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { LOG_ROWS_MAX } from '../base/limits.ts';
import { encodeJson } from '../format/json-value.ts';
import type { StateOverlay } from '../ledger/overlay.ts';
import type { Steps } from '../store/ledger-checks.ts';
import type { Space } from './space.ts';
import { Turns, yieldToOthers } from './turns.ts';
import { checkBlocks } from './verify-blocks.ts';
import { Findings, type VerifyProgress, type VerifyStage } from './verify-findings.ts';
import { checkPlayed } from './verify-outcomes.ts';
import { Refold } from './verify-refold.ts';

/** What `verify` found; no findings: everything is as it was signed, and the state is what the blocks make of it. */
export interface VerifyResult {
  readonly blocks: number;
  readonly entries: number;
  readonly stateKeys: number;
  /** The position of the last erase, whose state was taken as it is; 0: everything was folded anew from nothing. */
  readonly foldedFrom: number;
  readonly findings: readonly JsonObject[];
}

/**
 * Reads every block again (bytes, id, signature, bodies, place in its chain) and every row made of them, then folds the state anew from nothing
 * (or from the state after the last erase) in the order in which it was played, and compares every outcome and every
 * key with what is stored. Changes nothing.
 */
export async function verifySpace(space: Space, progress: VerifyProgress): Promise<VerifyResult> {
  const findings = new Findings();
  await findings.part(() => space.fold.settled(), undefined);
  await checkFile(space, findings, progress);
  const blocks = await findings.part(() => checkBlocks(space, findings, progress), 0);
  await findings.part(() => checkPlayed(space, findings), undefined);
  await findings.part(async () => space.checks.rows(), undefined);
  await findings.part(() => walk('past rows', space.checks.past(), progress), undefined);
  await findings.part(() => walk('versions', space.checks.links(), progress), undefined);
  const refold = await findings.part(async () => new Refold(space, findings, progress), null);
  if (refold === null) return { blocks, entries: 0, stateKeys: 0, foldedFrom: 0, findings: findings.list };
  await findings.part(() => refold.catchUp(), undefined);
  // What was played meanwhile is little; the state stands still only for that and for the comparison.
  const stateKeys = await space.fold.hold(() =>
    findings.part(async () => {
      await refold.catchUp();
      return await compareState(space, refold.overlay, findings, progress);
    }, 0),
  );
  return { blocks, entries: refold.entries, stateKeys, foldedFrom: refold.from, findings: findings.list };
}

/** Apart from the other parts: that the check could not be made is no finding. */
async function checkFile(space: Space, findings: Findings, progress: VerifyProgress): Promise<void> {
  progress('file', 0, 1);
  try {
    for (const fault of await space.faults()) findings.add('store_damaged', fault, {});
  } catch (error) {
    if (!codeOf(error)?.startsWith('SQLITE_')) throw error;
    findings.add('store_damaged', messageOf(error), {});
  }
  progress('file', 1, 1);
}

async function walk(stage: VerifyStage, { steps, total }: Steps, progress: VerifyProgress): Promise<void> {
  for (const done of steps) {
    progress(stage, done, Math.max(done, total));
    await yieldToOthers();
  }
}

/** Every key that is stored is what the fold makes of it, and every key that it makes is stored. */
async function compareState(
  space: Space,
  overlay: StateOverlay,
  findings: Findings,
  progress: VerifyProgress,
): Promise<number> {
  const wanted = new Set<string>();
  for (const { dapp, writes } of overlay.changes()) {
    for (const { key, value } of writes) if (value !== null) wanted.add(nameOf(dapp, key));
  }
  const total = wanted.size;
  const turns = new Turns(space.clock);
  let [dapp, key, rows] = ['', '', 0];
  for (;;) {
    const page = space.journal.statesAfter(dapp, key, LOG_ROWS_MAX);
    for (const row of page) {
      ({ dapp, key } = row);
      rows += 1;
      const value = overlay.read(dapp, key);
      if (value === null) findings.add('state_extra', 'no entry makes this key', { dapp, key });
      else if (!equalBytes(encodeJson(value), row.value))
        findings.add('state_differs', 'the stored value is another', { dapp, key });
      wanted.delete(nameOf(dapp, key));
      await turns.next();
    }
    progress('state', rows, total);
    if (page.length < LOG_ROWS_MAX) break;
  }
  for (const name of wanted) {
    const at = name.indexOf('\0');
    findings.add('state_missing', 'the blocks make a key that is not stored', {
      dapp: name.slice(0, at),
      key: name.slice(at + 1),
    });
  }
  return rows;
}

/** No name of a dapp has a NUL. */
function nameOf(dapp: string, key: string): string {
  return `${dapp}\0${key}`;
}
