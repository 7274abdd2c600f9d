import type { Database } from 'better-sqlite3';
import { damaged } from './row-sum.ts';

/** Rows a step; between two of them a node goes on opening doors. */
const PAGE_ROWS = 1_024;

interface Place {
  readonly dapp: string;
  readonly key: string;
  readonly position: number;
}

/** Tables whose rows name the version that they were written over, and what a row of each is found by. */
const TABLES = { state: 'dapp, key', gone: 'dapp, key', version: 'dapp, key, position' } as const;
type Table = keyof typeof TABLES;

/**
 * That every version which another row names is there: what was written over is not missed by anything else. Each step
 * looks at PAGE_ROWS rows.
 * @returns after each step, how many rows have been looked at. @throws store_damaged.
 */
export function* checkLinks(database: Database): Generator<number> {
  let rows = 0;
  for (const table of Object.keys(TABLES) as Table[]) {
    for (const count of linkPages(database, table)) {
      rows += count;
      yield rows;
    }
  }
}

/** How many rows `checkLinks` will look at, as things stand now. */
export function countLinks(database: Database): number {
  const counts = Object.keys(TABLES).map((table) => `(SELECT count(*) FROM ${table})`);
  return Number(
    database
      .prepare(`SELECT ${counts.join(' + ')}`)
      .pluck()
      .get(),
  );
}

/** All steps at once, of a file that nobody waits for. @throws store_damaged. */
export function checkVersions(database: Database): void {
  for (const _ of checkLinks(database));
}

function* linkPages(database: Database, table: Table): Generator<number> {
  const place = TABLES[table];
  const after = `(${place}) > (${place.replaceAll(/\w+/g, '@$&')})`;
  const page = database.prepare<[Place], Place & { readonly isLinked: number }>(
    `SELECT dapp, key, position, before = 0 OR EXISTS (
       SELECT 1 FROM version older
       WHERE older.dapp = newer.dapp AND older.key = newer.key AND older.position = newer.before
     ) AS isLinked
     FROM ${table} newer WHERE ${after} ORDER BY ${place} LIMIT ${PAGE_ROWS}`,
  );
  for (let last: Place = { dapp: '', key: '', position: 0 }; ; ) {
    const rows = page.all(last);
    const missing = rows.find(({ isLinked }) => isLinked === 0);
    if (missing !== undefined) {
      const { dapp, key, position } = missing;
      throw damaged('a version of a key is missing', { part: 'versions', dapp, key, position });
    }
    yield rows.length;
    if (rows.length < PAGE_ROWS) return;
    last = rows.at(-1) ?? last;
  }
}
