import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { utf8 } from '../base/bytes.ts';
import { CodedError } from '../base/errors.ts';
import { BACKUP_CHUNK_BYTES_MAX, BACKUP_FILES_MAX, BACKUP_SMALL_FILE_BYTES_MAX } from '../base/limits.ts';
import type { Randomness } from '../base/ports.ts';
import { BACKUP_MAGIC } from './archive-header.ts';
import {
  type ArchiveFile,
  type ArchiveManifest,
  CONFIG_FILE,
  isArchivePath,
  LEDGER_FILE,
  manifestJson,
} from './archive-manifest.ts';
import { openToRead } from './archive-reader.ts';
import type { ArchiveSecret } from './archive-secret.ts';
import { ArchiveWriter, Draft } from './archive-writer.ts';
import { refuseExisting } from './replace.ts';

export interface BackupOptions {
  /** Folder of the space. */
  readonly folder: string;
  /** The file to be made. */
  readonly target: string;
  readonly mayReplace: boolean;
  readonly secret: ArchiveSecret;
  /** Copy of the ledger that nobody writes to. */
  readonly ledger: string;
  readonly about: Omit<ArchiveManifest, 'files'>;
  readonly randomness: Randomness;
  readonly progress: (stage: string, done: number, total: number) => void;
}

/**
 * Writes a whole backup: the ledger, the keys that lie in the space's folder, and its blockmesh.toml.
 * @returns the size of the file.
 * @throws backup_exists, replace_foreign, backup_file, file_unwritable, file_missing, file_unreadable. Nothing is left then.
 */
export async function writeBackup(options: BackupOptions): Promise<number> {
  const { target, secret, randomness, about } = options;
  refuseExisting(target, options.mayReplace, BACKUP_MAGIC);
  const sources = await sourcesOf(options);
  const draft = await Draft.begin(target);
  try {
    const writer = await ArchiveWriter.begin(draft, secret, randomness);
    const files: ArchiveFile[] = sources.map(({ path, bytes }) => ({ path, bytes }));
    await writer.write(framed(JSON.stringify(manifestJson({ ...about, files }))));
    const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
    let done = 0;
    for (const source of sources) {
      await copyInto(writer, source, (bytes) => {
        done += bytes;
        options.progress('backup, bytes', done, total);
      });
    }
    await writer.end();
    refuseExisting(target, options.mayReplace, BACKUP_MAGIC);
    return await draft.commit();
  } catch (error) {
    await draft.abandon();
    throw error;
  }
}

interface Source extends ArchiveFile {
  /** Where it is read from. */
  readonly from: string;
}

/** The small files come first: whoever looks at a backup's beginning has them. */
async function sourcesOf({ folder, ledger }: BackupOptions): Promise<readonly Source[]> {
  const keys = readdirSync(join(folder, 'keys')).map((name) => `keys/${name}`);
  const small = [CONFIG_FILE, ...keys.filter(isArchivePath).sort()];
  const named = [...small.map((path) => ({ path, from: join(folder, path) })), { path: LEDGER_FILE, from: ledger }];
  if (named.length > BACKUP_FILES_MAX) throw unfit(join(folder, 'keys'), `at most ${BACKUP_FILES_MAX} files`);
  const sources: Source[] = [];
  for (const { path, from } of named) {
    const { file, bytes } = await openToRead(from, 'backup_file');
    await file.close();
    const isSmall = path !== LEDGER_FILE;
    if (isSmall && bytes > BACKUP_SMALL_FILE_BYTES_MAX)
      throw unfit(from, `${BACKUP_SMALL_FILE_BYTES_MAX} bytes at most`);
    sources.push({ path, from, bytes });
  }
  return sources;
}

async function copyInto(writer: ArchiveWriter, { from, bytes }: Source, said: (bytes: number) => void): Promise<void> {
  const { file } = await openToRead(from, 'backup_file');
  try {
    const buffer = Buffer.alloc(BACKUP_CHUNK_BYTES_MAX);
    for (let left = bytes; left > 0; ) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(left, buffer.length));
      if (bytesRead === 0) throw unfit(from, 'as long as it was when the backup began');
      await writer.write(buffer.subarray(0, bytesRead));
      left -= bytesRead;
      said(bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** A text after its length in four bytes. */
function framed(text: string): Uint8Array {
  const bytes = utf8(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function unfit(path: string, wanted: string): CodedError {
  return new CodedError('backup_file', `${path} cannot be backed up: it must be ${wanted}`, { fields: { path } });
}
