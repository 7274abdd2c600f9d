import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CodedError, codeOf } from '../base/errors.ts';
import { BACKUP_CHUNK_BYTES_MAX, BACKUP_MANIFEST_BYTES_MAX } from '../base/limits.ts';
import { type ArchiveFile, type ArchiveManifest, parseManifest } from './archive-manifest.ts';
import { ArchiveReader } from './archive-reader.ts';
import type { ArchiveSecret } from './archive-secret.ts';
import { syncFolder } from './archive-writer.ts';
import { checkRestored } from './restore-check.ts';
import { checkSpace, makeDraft, unusable } from './restore-draft.ts';
import { markRestored, noteBackup } from './restored.ts';

export interface RestoreOptions {
  /** The backup. */
  readonly file: string;
  /** Told how the backup is sealed, gives what opens it. */
  readonly secretFor: (mode: ArchiveSecret['mode']) => Promise<ArchiveSecret>;
  readonly progress: (stage: string, done: number, total: number) => void;
}

const SECRET_MODE = 0o600;
const CONFIG_MODE = 0o644;

/**
 * Makes `folder` a space again as the backup holds it. It becomes one at the very end, by a rename, when everything
 * has been read and checked and is on disk; until then there is only a folder beside it, which goes when this fails.
 * @throws folder_not_empty; folder_unusable; backup_space; the codes of `ArchiveReader` and `checkRestored`.
 */
export async function restoreSpace(folder: string, options: RestoreOptions): Promise<ArchiveManifest> {
  refuseInhabited(folder);
  return await unpacked(folder, options, async (draft, manifest) => {
    markRestored(draft, manifest.asOfMs);
    noteBackup(draft, { asOfMs: manifest.asOfMs, file: options.file });
    mkdirSync(join(draft, 'run'), { mode: 0o750 });
    await syncFolder(draft);
    refuseInhabited(folder);
    renameSync(draft, folder);
    await syncFolder(dirname(folder));
  });
}

/** Reads and checks all of a backup as `restoreSpace` does, and keeps nothing. @param scratch where there is room. */
export async function verifyBackup(scratch: string, options: RestoreOptions): Promise<ArchiveManifest> {
  return await unpacked(join(scratch, 'backup'), options, async () => {});
}

async function unpacked(
  folder: string,
  options: RestoreOptions,
  task: (draft: string, manifest: ArchiveManifest) => Promise<void>,
): Promise<ArchiveManifest> {
  const reader = await ArchiveReader.open(options.file, options.secretFor);
  const draft = makeDraft(folder);
  try {
    const length = Buffer.from(await reader.exactly(4)).readUInt32BE();
    if (length > BACKUP_MANIFEST_BYTES_MAX) throw contentError(options.file, 'its table of contents is too long');
    const manifest = parseManifest(await reader.exactly(length));
    checkSpace(draft, manifest);
    for (const file of manifest.files) await unpack(reader, draft, file, options);
    await reader.end();
    await syncFolder(join(draft, 'keys'));
    checkRestored(draft, manifest);
    await task(draft, manifest);
    return manifest;
  } finally {
    await reader.close();
    rmSync(draft, { recursive: true, force: true });
  }
}

async function unpack(reader: ArchiveReader, draft: string, file: ArchiveFile, options: RestoreOptions): Promise<void> {
  const path = join(draft, file.path);
  let target: FileHandle | null = null;
  try {
    target = await open(path, 'wx', file.path.endsWith('.toml') ? CONFIG_MODE : SECRET_MODE);
    for (let left = file.bytes; left > 0; ) {
      const some = await reader.some(Math.min(left, BACKUP_CHUNK_BYTES_MAX));
      await target.writeFile(some);
      left -= some.length;
      const { done, total } = reader.progress;
      options.progress('restore, bytes', done, total);
    }
    await target.sync();
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    throw unusable(path, cause);
  } finally {
    await target?.close();
  }
}

/** @throws folder_not_empty for anything but a folder that is empty or not there. */
function refuseInhabited(folder: string): void {
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return;
    throw unusable(folder, cause);
  }
  if (names.length === 0) return;
  throw new CodedError('folder_not_empty', `${folder} is not empty`, {
    fields: { folder },
    advice: 'A backup is restored into a new folder: name another one, or move this one away.',
  });
}

function contentError(path: string, what: string): CodedError {
  return new CodedError('backup_content', `${path} is not as a backup is: ${what}`, {
    fields: { path },
    advice: 'Use another backup; nothing was made of this one.',
  });
}
