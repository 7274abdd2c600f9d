import { CodedError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { BACKUP_FILES_MAX, BACKUP_MANIFEST_BYTES_MAX, BACKUP_SMALL_FILE_BYTES_MAX } from '../base/limits.ts';
import type { ClockQuality } from '../base/ports.ts';
import { Fields } from '../format/fields.ts';

/** What a backup says of itself before its files follow. */
export interface ArchiveManifest {
  /** Id of the root block, as text. */
  readonly mesh: string;
  /** Name of the space, for people. */
  readonly space: string;
  /** Public key of the board, in hex. */
  readonly node: string;
  /** When the ledger was as it is in here. */
  readonly asOfMs: number;
  readonly clock: ClockQuality;
  readonly blocks: number;
  /** In the order in which their bytes follow. */
  readonly files: readonly ArchiveFile[];
}

export interface ArchiveFile {
  /** Below the space's folder. */
  readonly path: string;
  readonly bytes: number;
}

export const LEDGER_FILE = 'ledger.db';
export const CONFIG_FILE = 'blockmesh.toml';
/** Every name that a backup may put into a folder. */
const FILE_PATH = /^(ledger\.db|blockmesh\.toml|keys\/[a-z0-9][a-z0-9-]{0,31}\.json)$/;
const TEXT = /^[^\p{Cc}]{0,128}$/u;
const QUALITIES = ['synced', 'peer', 'restored', 'unknown'] as const;

export function manifestJson(manifest: ArchiveManifest): JsonObject {
  return { ...manifest, files: manifest.files.map((file) => ({ ...file })) };
}

/** Whether a backup takes a file of the keys' folder along. */
export function isArchivePath(path: string): boolean {
  return FILE_PATH.test(path);
}

/** @throws backup_content with what is wrong. */
export function parseManifest(bytes: Uint8Array): ArchiveManifest {
  const fields = new Fields(parsed(bytes), 'backup_content', 'manifest');
  const manifest: ArchiveManifest = {
    mesh: fields.text('mesh', TEXT, 'an id'),
    space: fields.text('space', TEXT, 'a name'),
    node: fields.text('node', /^[0-9a-f]{64}$/, 'a key in hex'),
    asOfMs: fields.integer('asOfMs', 0),
    clock: fields.choice('clock', QUALITIES),
    blocks: fields.integer('blocks', 1),
    files: fields.list('files', BACKUP_FILES_MAX).map(parseFile),
  };
  fields.end();
  const paths = new Set(manifest.files.map(({ path }) => path));
  if (paths.size !== manifest.files.length) fields.refuse('files', 'each a file of its own');
  for (const path of [LEDGER_FILE, CONFIG_FILE]) if (!paths.has(path)) fields.refuse('files', `a list with ${path}`);
  return manifest;
}

function parseFile(value: unknown): ArchiveFile {
  const fields = new Fields(value, 'backup_content', 'file');
  const path = fields.text('path', FILE_PATH, 'a file of a space');
  const most = path === LEDGER_FILE ? Number.MAX_SAFE_INTEGER : BACKUP_SMALL_FILE_BYTES_MAX;
  const bytes = fields.integer('bytes', 0, most);
  fields.end();
  return { path, bytes };
}

function parsed(bytes: Uint8Array): unknown {
  try {
    if (bytes.length <= BACKUP_MANIFEST_BYTES_MAX)
      return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // Told below.
  }
  throw new CodedError('backup_content', 'the backup does not begin with what is in it');
}
