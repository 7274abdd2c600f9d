import t from 'tap';
import { checkLinks, checkVersions, countLinks } from '../../src/store/version-links.ts';
import { newDatabase } from './open-store.ts';

const ROWS = 3_000;
const insert = (table: 'state' | 'gone' | 'version', columns: string, values: string): string =>
  `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS})
   INSERT INTO ${table} (dapp, key, position, before, sum${columns}) SELECT ${values} FROM n`;

t.test('of every table every row, page by page', (t) => {
  const database = newDatabase(t);
  const dapp = "CASE i % 3 WHEN 0 THEN 'a' WHEN 1 THEN 'b' ELSE 'c' END";
  // Of each key what it was first, what it was then, and what it is; of every other key that it is not any more.
  database.exec(insert('version', ', value', `${dapp}, 'k' || i, 1, 0, zeroblob(16), x'01'`));
  database.exec(insert('version', ', value', `${dapp}, 'k' || i, 2, 1, zeroblob(16), x'01'`));
  database.exec(insert('state', ', value', `${dapp}, 'k' || i, 3, 2, zeroblob(16), x'01'`));
  database.exec(insert('gone', '', `${dapp}, 'g' || i, 3, 0, zeroblob(16)`));
  t.equal(countLinks(database), 4 * ROWS);
  const steps = [...checkLinks(database)];
  t.equal(steps.at(-1), 4 * ROWS, 'all were looked at');
  t.ok(steps.length > 8, 'in steps');
  const places: readonly (readonly [table: string, key: string])[] = [
    ['state', 'k1'],
    ['state', 'k2999'],
    ['gone', 'g3000'],
    ['version', 'k1'],
    ['version', 'k999'],
  ];
  for (const [table, key] of places) {
    const position = table === 'version' ? 2 : 3;
    database.exec('SAVEPOINT here');
    database.prepare(`UPDATE ${table} SET before = 99 WHERE key = ? AND position = ?`).run(key, position);
    t.throws(() => checkVersions(database), { code: 'store_damaged', fields: { key, position } }, `${table} ${key}`);
    database.exec('ROLLBACK TO here');
  }
  t.doesNotThrow(() => checkVersions(database));
  t.end();
});
