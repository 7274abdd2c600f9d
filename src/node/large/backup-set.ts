import { CodedError } from '../../base/errors.ts';
import { BACKUP_EXCLUDES_MAX, BACKUP_FOLDERS_MAX, BACKUP_SETS_MAX } from '../../base/limits-chunks.ts';
import type { RetentionRule } from '../../chunks/retention.ts';
import { Fields } from '../../format/fields.ts';
import { BackupSets } from '../../store/chunks/backup-sets.ts';
import type { Chunks } from '../../store/chunks/store.ts';
import { noteFields } from './note.ts';

/** What is backed up, when, and how much of it is kept. */
export interface BackupSet {
  readonly name: string;
  /** Absolute. */
  readonly folders: readonly string[];
  readonly exclude: readonly string[];
  readonly isOneFilesystem: boolean;
  /** null: only when somebody says so. */
  readonly everyMs: number | null;
  readonly keep: RetentionRule;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const MINUTE_MS = 60_000;
const NAMED_MS: Readonly<Record<string, number>> = {
  hourly: 60 * MINUTE_MS,
  daily: 24 * 60 * MINUTE_MS,
  weekly: 7 * 24 * 60 * MINUTE_MS,
};
const UNIT_MS: Readonly<Record<string, number>> = { m: MINUTE_MS, h: 60 * MINUTE_MS, d: 24 * 60 * MINUTE_MS };

/** `6h`, `30m`, `2d`, hourly, daily or weekly. @throws bad_schedule. */
export function parseEvery(text: string): number {
  const [, count = '', unit = ''] = /^([1-9]\d{0,3})([mhd])$/.exec(text) ?? [];
  const ms = NAMED_MS[text] ?? Number(count) * (UNIT_MS[unit] ?? 0);
  if (ms > 0) return ms;
  throw new CodedError('bad_schedule', `cannot read how often: ${JSON.stringify(text)}`, {
    fields: { every: text },
    advice: 'Write it like 6h, 30m or 2d, or hourly, daily, weekly.',
  });
}

/** @throws backup_set_name, backup_set_excludes, backup_set_folders, backup_sets_many. */
export function putSet(store: Chunks, set: BackupSet): void {
  const { name, folders, exclude } = set;
  const sets = new BackupSets(store.file);
  if (!NAME.test(name)) {
    throw new CodedError('backup_set_name', `a backup cannot be called ${JSON.stringify(name)}`, {
      fields: { name },
      advice: 'Take up to 64 letters, digits, dots, dashes and underscores.',
    });
  }
  if (exclude.length > BACKUP_EXCLUDES_MAX) {
    throw new CodedError('backup_set_excludes', `one backup takes ${BACKUP_EXCLUDES_MAX} patterns at most`, {
      fields: { patterns: exclude.length },
      advice: 'Say more with each: `*` is any part of a name.',
    });
  }
  if (folders.length > BACKUP_FOLDERS_MAX) {
    throw new CodedError('backup_set_folders', `one backup takes ${BACKUP_FOLDERS_MAX} folders at most`, {
      fields: { folders: folders.length },
      advice: 'Make several of them.',
    });
  }
  const known = sets.list();
  if (known.length >= BACKUP_SETS_MAX && known.every((other) => other.name !== name)) {
    throw new CodedError('backup_sets_many', `there are ${known.length} backups`, { advice: 'Remove one first.' });
  }
  sets.put(name, JSON.stringify(set));
}

export function setsOf(store: Chunks): readonly BackupSet[] {
  return new BackupSets(store.file).list().map(setIn);
}

/** Whoever wrote it, we read it as if it came from elsewhere: a stick has a store of its own. */
function setIn({ name, settings }: { readonly name: string; readonly settings: string }): BackupSet {
  const fields = noteFields(settings);
  const texts = (field: string, most: number) =>
    fields.list(field, most).map((text) => (typeof text === 'string' ? text : fields.refuse(field, 'a list of texts')));
  const isOneFilesystem = fields.raw('isOneFilesystem');
  if (typeof isOneFilesystem !== 'boolean') return fields.refuse('isOneFilesystem', 'true or false');
  const keep = new Fields(fields.raw('keep'), 'chunks_damaged', 'what a backup keeps');
  const count = (rule: string) => keep.integer(rule, 0);
  return {
    name,
    folders: texts('folders', BACKUP_FOLDERS_MAX),
    exclude: texts('exclude', BACKUP_EXCLUDES_MAX),
    isOneFilesystem,
    everyMs: fields.raw('everyMs') === null ? null : fields.integer('everyMs', 1),
    keep: { last: count('last'), daily: count('daily'), weekly: count('weekly'), monthly: count('monthly') },
  };
}

/** @throws backup_set_missing. */
export function findSet(store: Chunks, name: string): BackupSet {
  const found = setsOf(store).find((set) => set.name === name);
  if (found !== undefined) return found;
  throw new CodedError('backup_set_missing', `there is no backup named ${name}`, {
    fields: { name },
    advice: '`blockmesh backup list` shows those there are; `backup add` makes one.',
  });
}
