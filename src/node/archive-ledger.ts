import { mkdirSync, readdirSync, rmSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError, codeOf } from '../base/errors.ts';
import { isJsonObject } from '../base/json.ts';
import { BACKUP_SPARE_BYTES_MIN } from '../base/limits.ts';
import { COPY_FILE, ledgerBytes } from './archive-copy.ts';
import { outputOf } from './program-beside.ts';

/** In the folder of a space: what process PID still works on, a copy it asked for or a backup it checks. */
const WORK_FOLDER = /^(?:work-|\.backup\.unpacking-)(\d{1,10})$/;

/** A copy of the ledger, in a folder that goes when its reader is done or dead. */
export interface LedgerCopy {
  readonly path: string;
  readonly bytes: number;
}

/** @param pid process that reads the copy; it calls `dropCopy` afterwards. */
export async function makeCopy(folder: string, ledger: string, pid: number, signal: AbortSignal): Promise<LedgerCopy> {
  dropStaleCopies(folder);
  checkSpace(folder, ledger);
  const work = workFolder(folder, pid);
  // One that this process asked for before and did not drop.
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { mode: 0o700 });
  try {
    const stdout = await outputOf('archive-copy-main', [ledger, work], signal);
    if (signal.aborted) {
      throw new CodedError('backup_stopped', 'the node stops; no backup was made', { advice: 'Try again.' });
    }
    checkAnswer(stdout);
    const path = join(work, COPY_FILE);
    return { path, bytes: statSync(path).size };
  } catch (error) {
    rmSync(work, { recursive: true, force: true });
    throw error;
  }
}

export function dropCopy(folder: string, pid: number): void {
  rmSync(workFolder(folder, pid), { recursive: true, force: true });
}

/** Removes what processes that are gone have left. */
export function dropStaleCopies(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = WORK_FOLDER.exec(name)?.[1];
    if (pid === undefined || statSync(`/proc/${pid}`, { throwIfNoEntry: false }) !== undefined) continue;
    removeIfStill(join(folder, name));
  }
}

/** A copy that outlives its reader by a moment may still write: what it leaves then goes with the next backup. */
function removeIfStill(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    if (codeOf(error) !== 'ENOTEMPTY') throw error;
  }
}

function workFolder(folder: string, pid: number): string {
  return join(folder, `work-${pid}`);
}

/** @throws backup_space: a disk that a backup has filled would stop the ledger. */
function checkSpace(folder: string, ledger: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const needed = 2 * ledgerBytes(ledger) + BACKUP_SPARE_BYTES_MIN;
  if (free >= needed) return;
  throw new CodedError(
    'backup_space',
    `a backup needs ${needed} free bytes on the disk of ${folder}, there are ${free}`,
    {
      fields: { folder, needed, free },
      advice: 'Free space on this disk: the ledger is copied there before it is sealed.',
    },
  );
}

function checkAnswer(stdout: string): void {
  let answer: unknown;
  try {
    answer = JSON.parse(stdout);
  } catch {
    // It was killed.
  }
  if (isJsonObject(answer) && answer.ok === true) return;
  const { code, message } = isJsonObject(answer) ? answer : {};
  if (typeof code === 'string' && typeof message === 'string') {
    throw new CodedError(code, `the ledger could not be copied: ${message}`, {
      advice: 'Run `blockmesh verify`; check the disk.',
    });
  }
  throw new CodedError('backup_copy', 'the ledger could not be copied: the process that copies it ended', {
    advice: 'Try again; look for what ended it in the log of the system.',
  });
}
