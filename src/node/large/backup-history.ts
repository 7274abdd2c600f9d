import { assert } from '../../base/assert.ts';
import { CodedError } from '../../base/errors.ts';
import { BACKUP_FOLDERS_MAX } from '../../base/limits-chunks.ts';
import type { Root } from '../../chunks/ports.ts';
import { retained } from '../../chunks/retention.ts';
import type { Chunks } from '../../store/chunks/store.ts';
import type { BackupSet } from './backup-set.ts';
import { noteFields } from './note.ts';

/** One run of a backup that came to its end: a snapshot of each of its folders. */
export interface BackupRun {
  readonly ms: number;
  /** Of the time: `2026-11-22T18:30:00Z`. */
  readonly time: string;
  /** Runs of a set are counted from 1 as they are made: what came later does not always have a later time. */
  readonly number: number;
  /** In the order of the folders. */
  readonly parts: readonly BackupPart[];
}

export interface RetainedRun {
  readonly run: BackupRun;
  /** None: it may go. */
  readonly reasons: readonly string[];
}

export interface BackupPart {
  readonly root: Root;
  /** Which of the folders it is, from 1. */
  readonly place: number;
  readonly about: PartAbout;
}

/** The note of a root. */
export interface PartAbout {
  readonly source: string;
  readonly ms: number;
  readonly number: number;
  /** How many folders the run had, and so how many parts. */
  readonly folders: number;
  readonly files: number;
  readonly bytes: number;
  readonly storedBytes: number;
  readonly problems: number;
}

/** The end of the year 9999, after which a year has more digits. */
const INSTANT_MS_MAX = 253_402_300_799_999;

function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** `<set>/<time>`, and from the second folder on `/2` … after it. @param place from 1. */
export function partName(set: string, ms: number, place: number): string {
  return `${set}/${timeText(ms)}${place === 1 ? '' : `/${place}`}`;
}

/** As text, the tenth folder would come before the second. @throws chunks_damaged. */
function placeIn(name: string): number {
  const [, , place = '1'] = name.split('/');
  if (/^[1-9]\d?$/.test(place)) return Number(place);
  throw new CodedError('chunks_damaged', `the chunk store has a backup with an odd name: ${name}`, {
    fields: { name },
    advice: 'Name another store.',
  });
}

function aboutOf({ note }: Root): PartAbout {
  const fields = noteFields(note);
  return {
    source: fields.text('source', /^/, 'text'),
    ms: fields.integer('ms', 0, INSTANT_MS_MAX),
    // Runs were not counted at first.
    number: fields.has('number') ? fields.integer('number', 1) : 0,
    folders: fields.integer('folders', 1, BACKUP_FOLDERS_MAX),
    files: fields.integer('files', 0),
    bytes: fields.integer('bytes', 0),
    storedBytes: fields.integer('storedBytes', 0),
    problems: fields.integer('problems', 0),
  };
}

/** The one made last first. @throws chunks_damaged. */
export function runsOf(store: Chunks, set: string): readonly BackupRun[] {
  const runs = new Map<number, BackupPart[]>();
  for (const root of store.roots.list('backup')) {
    if (!root.name.startsWith(`${set}/`)) continue;
    const about = aboutOf(root);
    const parts = runs.get(about.ms) ?? [];
    runs.set(about.ms, parts);
    parts.push({ root, place: placeIn(root.name), about });
  }
  return [...runs.values()].map(runOf).sort((a, b) => b.number - a.number || b.ms - a.ms);
}

function runOf(parts: readonly BackupPart[]): BackupRun {
  const inOrder = parts.toSorted((a, b) => a.place - b.place);
  const [first] = inOrder;
  assert(first !== undefined, 'a run has a part');
  const { ms, number } = first.about;
  return { ms, time: timeText(ms), number, parts: inOrder };
}

/** Which runs the set's rule keeps, and why, by days of this machine's own zone. */
export function retainedRuns(store: Chunks, set: BackupSet): readonly RetainedRun[] {
  const runs = runsOf(store, set.name);
  const reasons = retained(
    runs.map(({ ms }) => ms),
    set.keep,
    localMs,
  );
  return runs.map((run, index) => ({ run, reasons: reasons[index] ?? [] }));
}

function localMs(ms: number): number {
  return ms - new Date(ms).getTimezoneOffset() * 60_000;
}

/** @param time the beginning of one; null: the one made last. @throws backup_run_missing, backup_run_ambiguous. */
export function findRun(store: Chunks, set: string, time: string | null): BackupRun {
  const found = runsOf(store, set).filter((run) => time === null || run.time.startsWith(time));
  const [first] = found;
  if (first === undefined) {
    throw new CodedError('backup_run_missing', `backup ${set} has nothing${time === null ? '' : ` of ${time}`}`, {
      fields: { name: set, time },
      advice: '`blockmesh backup list NAME` shows what there is.',
    });
  }
  if (time === null || found.length === 1) return first;
  throw new CodedError('backup_run_ambiguous', `backup ${set} has ${found.length} of ${time}`, {
    fields: { name: set, time, found: found.length },
    advice: `Say more of the time, such as ${first.time}.`,
  });
}
