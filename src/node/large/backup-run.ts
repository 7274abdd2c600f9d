import type { CodedError } from '../../base/errors.ts';
import type { Root } from '../../chunks/ports.ts';
import { BackupSets } from '../../store/chunks/backup-sets.ts';
import type { Chunks } from '../../store/chunks/store.ts';
import type { CreateCounts } from '../../trees/create-options.ts';
import type { TreeProblem } from '../../trees/problems.ts';
import { type BackupRun, type PartAbout, partName, retainedRuns, runsOf } from './backup-history.ts';
import type { BackupSet } from './backup-set.ts';
import { type LetGoOptions, letGo, letGoOfEach } from './let-go.ts';
import { storeFolder } from './store-folder.ts';

/** A timer never comes quite as late as the run before it. */
const EARLY_MS = 5 * 60_000;

export function isDue(store: Chunks, set: BackupSet, nowMs: number): boolean {
  if (set.everyMs === null) return false;
  const last = runsOf(store, set.name)[0];
  // A clock that was set back must not stop backups.
  return last === undefined || nowMs < last.ms || nowMs - last.ms >= set.everyMs - Math.min(EARLY_MS, set.everyMs / 2);
}

export interface RunParts {
  readonly signal: AbortSignal;
  readonly onProgress: (folder: string, counts: CreateCounts) => void;
}

export interface RunResult {
  readonly parts: readonly PartAbout[];
  readonly newBytes: number;
  readonly storedBytes: number;
  readonly problems: readonly TreeProblem[];
  readonly problemsCount: number;
  /** Of these, what is not in it at all. */
  readonly missingCount: number;
}

/** Stores each folder of a set, and names them all once the last one is whole. @throws as `createSnapshot`. */
export async function runBackup(store: Chunks, set: BackupSet, { signal, onProgress }: RunParts): Promise<RunResult> {
  const importing = store.beginImport(`backup ${set.name}`);
  try {
    const startedMs = Date.now();
    const made: { readonly digest: Uint8Array; readonly about: Omit<PartAbout, 'ms' | 'number'> }[] = [];
    const problems: TreeProblem[] = [];
    let problemsCount = 0;
    let missingCount = 0;
    for (const folder of set.folders) {
      const before = importing.counts.storedBytes;
      const { exclude, isOneFilesystem } = set;
      const onCounts = (counts: CreateCounts) => onProgress(folder, counts);
      const told = { folder, exclude, isOneFilesystem, signal, onProgress: onCounts };
      const created = await storeFolder(store, importing, told);
      const { files, bytes } = created.counts;
      const storedBytes = importing.counts.storedBytes - before;
      const about = { source: folder, folders: set.folders.length, files, bytes, storedBytes };
      made.push({ digest: created.digest, about: { ...about, problems: created.problemsCount } });
      problems.push(...created.problems);
      problemsCount += created.problemsCount;
      missingCount += created.missingCount;
    }
    await importing.flush();
    const parts = nameParts(store, set.name, startedMs, made);
    const { newBytes, storedBytes } = importing.counts;
    return { parts, newBytes, storedBytes, problems, problemsCount, missingCount };
  } finally {
    importing.end();
  }
}

/** All or none: a run of which some folders are missing would be taken for the last one. Another may have ended since. */
function nameParts(
  store: Chunks,
  set: string,
  startedMs: number,
  made: readonly { readonly digest: Uint8Array; readonly about: Omit<PartAbout, 'ms' | 'number'> }[],
): readonly PartAbout[] {
  return store.file.write(() => {
    const runs = runsOf(store, set);
    const ms = freeTime(runs, startedMs);
    const number = (runs[0]?.number ?? 0) + 1;
    return made.map(({ digest, about }, index) => {
      const part = { ...about, ms, number };
      const name = partName(set, ms, index + 1);
      const note = JSON.stringify(part);
      store.roots.set({ kind: 'backup', name, target: { kind: 'snapshot', digest }, addedMs: ms, note });
      return part;
    });
  });
}

/** Names have whole seconds; two runs never share one. */
function freeTime(runs: readonly BackupRun[], nowMs: number): number {
  const taken = new Set(runs.map(({ ms }) => ms));
  let ms = Math.floor(nowMs / 1000) * 1000;
  while (taken.has(ms)) ms += 1000;
  return ms;
}

/** What the rule of a set does not keep. */
export function spareRuns(store: Chunks, set: BackupSet): readonly BackupRun[] {
  return retainedRuns(store, set).flatMap(({ run, reasons }) => (reasons.length === 0 ? [run] : []));
}

export interface Retention {
  /** What went, or would. */
  readonly gone: readonly BackupRun[];
  /** What stays all the same, and why. */
  readonly kept: readonly { readonly run: BackupRun; readonly error: CodedError }[];
}

/** Lets go of runs, but for those that too few other boards hold. */
export function letGoOfRuns(store: Chunks, runs: readonly BackupRun[], options: LetGoOptions): Retention {
  const refusals = letGoOfEach(store, runs.map(rootsOf), options);
  const gone = runs.filter((_, index) => refusals[index] === null);
  const kept = runs.flatMap((run, index) => {
    const error = refusals[index] ?? null;
    return error === null ? [] : [{ run, error }];
  });
  return { gone, kept };
}

/** Lets go of a set with all its runs, or of nothing. @throws copies_few. */
export function removeSet(store: Chunks, name: string, runs: readonly BackupRun[], options: LetGoOptions): void {
  const remove = () => {
    letGo(store, runs.flatMap(rootsOf), options);
    if (!options.isDryRun) new BackupSets(store.file).remove(name);
  };
  if (options.isDryRun) remove();
  else store.file.write(remove);
}

function rootsOf({ parts }: BackupRun): readonly Root[] {
  return parts.map(({ root }) => root);
}
