import { mkdirSync, readdirSync, rmSync, statfsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CodedError, messageOf } from '../base/errors.ts';
import { BACKUP_SPARE_BYTES_MIN } from '../base/limits.ts';
import type { ArchiveManifest } from './archive-manifest.ts';

/** Beside the folder to be: what process PID is unpacking. */
const UNPACKING = '.unpacking-';

/** A folder of this process beside `folder`; those of processes that are gone are removed. */
export function makeDraft(folder: string): string {
  const above = dirname(folder);
  const start = `.${basename(folder)}${UNPACKING}`;
  try {
    mkdirSync(above, { recursive: true });
    for (const name of readdirSync(above)) {
      const isOld = name.startsWith(start) && !isAlive(name.slice(start.length));
      if (isOld) rmSync(join(above, name), { recursive: true, force: true });
    }
    const draft = join(above, `${start}${process.pid}`);
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { mode: 0o700 });
    mkdirSync(join(draft, 'keys'), { mode: 0o700 });
    return draft;
  } catch (cause) {
    throw unusable(folder, cause);
  }
}

function isAlive(pid: string): boolean {
  return (
    /^\d{1,10}$/.test(pid) &&
    Number(pid) !== process.pid &&
    statSync(`/proc/${pid}`, { throwIfNoEntry: false }) !== undefined
  );
}

/** @throws backup_space, before anything is unpacked. */
export function checkSpace(draft: string, { files }: ArchiveManifest): void {
  const { bavail, bsize } = statfsSync(draft);
  const free = bavail * bsize;
  const needed = files.reduce((sum, { bytes }) => sum + bytes, BACKUP_SPARE_BYTES_MIN);
  if (free >= needed) return;
  throw new CodedError('backup_space', `what is in the backup needs ${needed} bytes, and ${free} are free`, {
    fields: { needed, free },
    advice: 'Free space on this disk, or name a folder on another one.',
  });
}

export function unusable(folder: string, cause: unknown): CodedError {
  return new CodedError('folder_unusable', `${folder} cannot be used: ${messageOf(cause)}`, {
    cause,
    fields: { folder },
    advice: 'Check that the folder above it is there and may be written.',
  });
}
