import { rmSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { CodedError } from '../base/errors.ts';
import type { Clock } from '../base/ports.ts';
import { idText } from '../format/ids.ts';
import { rootCaps } from '../ledger/mesh/root-body.ts';
import type { Log } from '../sandbox/log.ts';
import type { Runner } from '../sandbox/runner.ts';
import { BlockReader } from '../store/blocks.ts';
import { openDatabase, storeError } from '../store/database.ts';
import { FoldRow } from '../store/fold-row.ts';
import { Journal } from '../store/journal.ts';
import { copyBlocks, copyFolded, copyPulses } from '../store/salvage.ts';
import { isDamage, type LostBlock, type Survey, surveyBlocks } from '../store/survey.ts';
import { readWitness } from '../store/witness.ts';
import { startDapps } from './dapps.ts';
import { beforeErase, entryView } from './entry-view.ts';
import { createJudge } from './judge.ts';
import { createLedger } from './ledger-file.ts';
import type { ChangedEntry } from './repair-changes.ts';
import { declareRepaired, finishRepair, keepAside, repairingPath, witnessPath } from './repair-files.ts';
import { RepairFold } from './repair-fold.ts';
import { dappNames, readRoot } from './root.ts';
import { ledgerPath, requireSpace } from './space-folder.ts';

export interface RepairParts {
  readonly folder: string;
  readonly dappsFolder: string;
  readonly clock: Clock;
  readonly runner: Runner;
  readonly log: Log;
  /** Whether only to tell what a repair would find. */
  readonly isLook: boolean;
}

export type RepairProgress = (stage: 'look' | 'blocks' | 'entries', done: number, total: number) => void;

export interface RepairResult {
  /** Blocks that are sound. */
  readonly blocks: number;
  readonly lost: readonly LostBlock[];
  /** `kept`: state and outcomes were sound and are the old ones; `refolded`: they were made anew; null: not repaired. */
  readonly state: 'kept' | 'refolded' | null;
  /** Entries that came out otherwise than before, and the first LOST_TOLD_MAX of them. */
  readonly differing: number;
  readonly changed: readonly ChangedEntry[];
  /** Where the damaged file is kept; null: not repaired. */
  readonly aside: string | null;
}

/**
 * Makes a new ledger of all that is sound in a damaged one. Every sound block is kept under its own arrival; of what the
 * fold made of them the old is kept when it is sound, for it also has the effects of blocks that are lost, and else all
 * is folded anew. The damaged file is kept beside it.
 * @throws space_missing; the codes of `openDatabase` where there is no database to read; root_lost; disk_low; those of
 * dapps that do not answer. Then the ledger is as it was.
 */
export async function repairSpace(parts: RepairParts, progress: RepairProgress): Promise<RepairResult> {
  requireSpace(parts.folder);
  const path = ledgerPath(parts.folder);
  finishRepair(path);
  const old = openDatabase({ path, mayCreate: false });
  try {
    const known = [readWitness(witnessPath(path))?.arrival ?? 0, foldedTo(old)];
    const survey = surveyBlocks(old, known, (done, total) => progress('look', done, total));
    const { sound, lost } = survey;
    if (lost.some(({ arrival }) => arrival === 1)) throw rootLost(path, survey);
    if (parts.isLook) return { blocks: sound, lost, state: null, differing: 0, changed: [], aside: null };
    const aside = keepAside(path);
    const made = await rebuild(old, path, survey, parts, progress);
    declareRepaired(path);
    return { blocks: sound, lost, ...made, aside };
  } catch (error) {
    throw storeError(error, path);
  } finally {
    old.close();
    finishRepair(path);
  }
}

/** Makes `-repairing`, whole, from what `old` still has. */
async function rebuild(
  old: Database,
  path: string,
  survey: Survey,
  parts: RepairParts,
  progress: RepairProgress,
): Promise<Pick<RepairResult, 'state' | 'differing' | 'changed'>> {
  const next = repairingPath(path);
  for (const part of ['', '-wal', '-shm']) rmSync(`${next}${part}`, { force: true });
  const database = createLedger(next);
  try {
    // It is synced as a whole before it counts.
    database.pragma('synchronous = OFF');
    copyBlocks(old, database, survey, (done) => progress('blocks', done, survey.last));
    copyPulses(old, database);
    if (copyFolded(old, database)) return { state: 'kept', differing: 0, changed: [] };
    const { differing, changed } = await refold(old, database, parts, progress);
    return { state: 'refolded', differing, changed };
  } finally {
    database.close();
  }
}

async function refold(old: Database, next: Database, parts: RepairParts, progress: RepairProgress) {
  const { id, body } = readRoot(next);
  const dapps = await startDapps(dappNames(body), parts.dappsFolder, idText(id), parts.runner, parts.log);
  try {
    const positions = positionsOf(old);
    const caps = rootCaps(body);
    const entries = entryView({ blocks: new BlockReader(next), journal: new Journal(next), dapps, caps });
    const judge = createJudge(dapps, id, beforeErase(entries));
    const fold = new RepairFold(old, next, judge, caps, parts.clock.now().wallMs);
    return await fold.run(positions, (done) => progress('entries', done, positions));
  } finally {
    await dapps.stop();
  }
}

function foldedTo(database: Database): number {
  return readable(() => new FoldRow(database).read().arrival);
}

/** How many outcomes the old file had, as far as it says. */
function positionsOf(database: Database): number {
  const most = readable(() => Number(database.prepare('SELECT max(position) FROM outcome').pluck().get() ?? 0));
  return Math.max(
    most,
    readable(() => new FoldRow(database).read().position),
  );
}

function readable(task: () => number): number {
  try {
    return task();
  } catch (error) {
    if (isDamage(error)) return 0;
    throw error;
  }
}

function rootLost(path: string, { sound }: Survey): CodedError {
  return new CodedError('root_lost', `the root block of ${path} is lost: nothing can be judged without it`, {
    fields: { path, blocks: sound },
    advice: 'Keep the file and restore a backup into another folder; the other blocks can be brought in from this one.',
  });
}
