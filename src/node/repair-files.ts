import { constants, copyFileSync, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CodedError } from '../base/errors.ts';
import { freeBytesOf } from '../store/disk-space.ts';
import { syncFile } from '../store/files.ts';

/** Where the last acknowledged block of the ledger at `path` is named. */
export const witnessPath = (path: string): string => join(dirname(path), 'last-block');

/**
 * The files of a repair, beside the ledger. `-repairing` is begun anew by the next repair; once it is whole it is
 * renamed to `-repaired`, and whoever opens the ledger next puts it in its place. `-damaged-N` are the old ones, byte by
 * byte, which nobody removes.
 */
export const repairingPath = (path: string): string => `${path}-repairing`;
const repairedPath = (path: string): string => `${path}-repaired`;

/** Parts of a database on disk, by what follows its name. */
const PARTS = ['', '-wal'];

/** Puts a repair in its place that came to its end and was cut just then. Nothing to do nearly always. */
export function finishRepair(path: string): void {
  if (!existsSync(repairedPath(path))) return;
  // The log of the old file must not be played into the new one. It is kept beside the old file.
  for (const stale of [`${path}-wal`, `${path}-shm`, witnessPath(path)]) rmSync(stale, { force: true });
  syncFile(dirname(path));
  renameSync(repairedPath(path), path);
  syncFile(dirname(path));
}

/** To be called when the new file is closed and whole. */
export function declareRepaired(path: string): void {
  syncFile(repairingPath(path));
  renameSync(repairingPath(path), repairedPath(path));
  syncFile(dirname(path));
}

/** Copies the damaged files aside, synced. @returns where the first one is. @throws disk_low. */
export function keepAside(path: string): string {
  const bytes = PARTS.reduce(
    (sum, part) => sum + (existsSync(`${path}${part}`) ? statSync(`${path}${part}`).size : 0),
    0,
  );
  const freeBytes = freeBytesOf(dirname(path));
  // One copy aside, and the new file.
  if (freeBytes < 2 * bytes) {
    throw new CodedError('disk_low', `a repair needs ${2 * bytes} bytes on this disk; ${freeBytes} are left`, {
      fields: { freeBytes, neededBytes: 2 * bytes },
      advice: 'Free space on this disk, or copy the folder to a larger one and repair it there.',
    });
  }
  const number = firstFree(path);
  const aside = `${path}-damaged-${number}`;
  for (const part of PARTS) {
    if (!existsSync(`${path}${part}`)) continue;
    copyFileSync(`${path}${part}`, `${aside}${part}`, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    syncFile(`${aside}${part}`);
  }
  syncFile(dirname(path));
  return aside;
}

function firstFree(path: string): number {
  for (let number = 1; ; number += 1) if (!existsSync(`${path}-damaged-${number}`)) return number;
}
