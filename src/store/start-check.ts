import type { Database } from 'better-sqlite3';
import { CodedError, messageOf } from '../base/errors.ts';
import { INTEGRITY_BYTES_MAX, LAST_BLOCKS_CHECKED_MAX, LOST_TOLD_MAX } from '../base/limits.ts';
import { BlockReader } from './blocks.ts';
import { checkBlockRows, checkFoldRows } from './checks.ts';
import { faultsOf } from './database.ts';
import { openSound } from './filed.ts';
import { damaged } from './row-sum.ts';
import { isDamage, type Survey, surveyBlocks } from './survey.ts';
import type { Acknowledged } from './witness.ts';

/**
 * Looks at a ledger before anything is answered from it: all of a file up to INTEGRITY_BYTES_MAX with SQLite's own
 * check; of any file that no row is missing where a missing one would read as "there is nothing", and that the last
 * blocks are sound and are the ones that were acknowledged.
 * @throws store_damaged, which says what is lost, and in `part` which part is damaged: `derived` (every block is sound),
 * `blocks`, or `unknown` where the file is too large to look at every block now.
 */
export function checkStart(database: Database, acknowledged: Acknowledged | null): void {
  try {
    if (isSmall(database)) checkPages(database);
    checkBlockRows(database);
    checkLast(database, acknowledged);
    checkFoldRows(database);
  } catch (error) {
    if (!isDamage(error)) throw error;
    throw told(database, error, acknowledged);
  }
}

function isSmall(database: Database): boolean {
  const pages = Number(database.pragma('page_count', { simple: true }));
  return pages * Number(database.pragma('page_size', { simple: true })) <= INTEGRITY_BYTES_MAX;
}

function checkPages(database: Database): void {
  const [fault] = faultsOf(database);
  if (fault !== undefined) throw damaged(fault, {});
}

function checkLast(database: Database, acknowledged: Acknowledged | null): void {
  const blocks = new BlockReader(database);
  const { blocks: last } = blocks.counts();
  const from = Math.max(0, last - LAST_BLOCKS_CHECKED_MAX);
  for (const stored of blocks.after(from, LAST_BLOCKS_CHECKED_MAX)) openSound(stored);
  if (acknowledged === null || blocks.at(acknowledged.arrival)?.id === acknowledged.id) return;
  throw damaged(
    `block ${acknowledged.arrival} was acknowledged and is gone: the write-ahead log was cut, or the file is an older one`,
    { arrival: acknowledged.arrival, block: acknowledged.id },
  );
}

function told(database: Database, cause: unknown, acknowledged: Acknowledged | null): CodedError {
  const fields = cause instanceof CodedError ? cause.fields : {};
  const what = messageOf(cause).replace(/^the ledger is damaged: /, '');
  if (!isSmall(database)) {
    return new CodedError('store_damaged', `the ledger is damaged: ${what}`, {
      cause,
      fields: { ...fields, part: 'unknown' },
      advice: 'Keep the file. `blockmesh repair --look` tells what is lost, and `blockmesh repair` saves the rest.',
    });
  }
  const { lost, sound, last } = surveyBlocks(database, acknowledged === null ? [] : [acknowledged.arrival]);
  if (lost.length === 0) {
    return new CodedError('store_damaged', `what the ledger made of its blocks is damaged: ${what}`, {
      cause,
      fields: { ...fields, part: 'derived', blocks: sound },
      advice: `Nothing is lost: all ${sound} blocks are sound. \`blockmesh repair\` folds them anew into a new file.`,
    });
  }
  return new CodedError('store_damaged', `${lost.length} of ${last} blocks of the ledger are lost: ${what}`, {
    cause,
    fields: { ...fields, part: 'blocks', lost: lost.length, blocks: sound, arrivals: arrivalsOf(lost) },
    advice: `Keep the file. \`blockmesh repair\` saves the ${sound} blocks that are sound, or restore a backup.`,
  });
}

function arrivalsOf(lost: Survey['lost']): string {
  return lost
    .slice(0, LOST_TOLD_MAX)
    .map(({ arrival }) => arrival)
    .join(' ');
}
