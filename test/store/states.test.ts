import type { Database } from 'better-sqlite3';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import type { StateReader, StateWrite } from '../../src/ledger/state.ts';
import { checkFoldRows } from '../../src/store/checks.ts';
import { NO_TAGS } from '../../src/store/fold-commit.ts';
import { Journal } from '../../src/store/journal.ts';
import { stateRowSum } from '../../src/store/state-rows.ts';
import { StateTable } from '../../src/store/states.ts';
import { Transactor } from '../../src/store/transactor.ts';
import { stateReaderContract } from '../contract/state-reader.ts';
import { newDatabase } from './open-store.ts';

/** Each write is one entry that was played, at its own position. */
function stateOf(t: Test, database: Database = newDatabase(t)) {
  // What is read is tested here, not what a power cut leaves.
  database.pragma('synchronous = OFF');
  const transactor = new Transactor(database);
  let arrival = 0;
  const write = (dapp: string, writes: readonly StateWrite[]) => {
    arrival += 1;
    const at = { wallMs: arrival, quality: 'synced' } as const;
    const entry = { arrival, index: 0, dapp, kind: 'k', tags: NO_TAGS, outcome: { ok: true, writes }, at } as const;
    transactor.commitFold({ arrival, played: [entry], waiting: [], erased: [] });
  };
  return { database, table: new StateTable(database), journal: new Journal(database), write };
}

function emptied(database: Database): void {
  for (const table of ['state', 'gone', 'version', 'outcome', 'fold']) database.exec(`DELETE FROM ${table}`);
}

t.test('the table on disk', async (t) => {
  const database = newDatabase(t);
  stateReaderContract(t, () => {
    emptied(database);
    const { table, write } = stateOf(t, database);
    return { reader: table, write };
  });
});

t.test('the state as it was, whatever was written since', async (t) => {
  const database = newDatabase(t);
  stateReaderContract(t, () => {
    emptied(database);
    const { table, write } = stateOf(t, database);
    let position = 0;
    // What is read is two writes ago.
    const past: StateReader = {
      read: (dapp, key) => table.at(Math.max(0, position - 2)).read(dapp, key),
      scan: (dapp, prefix, after, limit) => table.at(Math.max(0, position - 2)).scan(dapp, prefix, after, limit),
    };
    let isGone = false;
    return {
      reader: past,
      write(dapp, writes) {
        write(dapp, writes);
        position += 1;
        const then = table.at(position);
        const back = writes.map(({ key }) => ({ key, value: then.read(dapp, key) }));
        // Written over and put back, in two positions more; the next write comes on top.
        isGone = !isGone;
        const over = writes.map(({ key }) => ({ key, value: isGone ? null : 'later' }));
        write(dapp, over);
        position += 2;
        write(dapp, back);
      },
    };
  });
});

const key = fc.constantFrom('a', 'b', 'c/1', 'c/2');
const change = fc.array(fc.record({ key, value: fc.option(fc.nat({ max: 3 })) }), { maxLength: 3 });

t.test('every position can be read again, key by key and in pages', async (t) => {
  const database = newDatabase(t);
  const same = fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
    emptied(database);
    const { table, write } = stateOf(t, database);
    const states: Map<string, unknown>[] = [new Map()];
    for (const writes of changes) {
      write('d', writes);
      const next = new Map(states.at(-1));
      for (const { key, value } of writes) {
        if (value === null) next.delete(key);
        else next.set(key, value);
      }
      states.push(next);
    }
    checkFoldRows(database);
    return states.every((state, position) => {
      const past = table.at(position);
      const rows = past.scan('d', '', null, 99).rows.map((row) => [row.key, row.value]);
      const wanted = [...state].sort(([a], [b]) => (a < b ? -1 : 1));
      const read = ['a', 'b', 'c/1', 'c/2'].every((name) => past.read('d', name) === (state.get(name) ?? null));
      return read && JSON.stringify(rows) === JSON.stringify(wanted);
    });
  });
  t.doesNotThrow(() => fc.assert(same, { numRuns: 120 }));
});

t.test('by node time', async (t) => {
  const { table, journal, write } = stateOf(t);
  for (const value of [1, 2, 3]) write('d', [{ key: 'k', value }]);
  t.strictSame(
    [0, 1, 2, 3, 4].map((ms) => table.at(journal.positionAt(ms)).read('d', 'k')),
    [null, 1, 2, 3, 3],
  );
});

t.test('a version that is lost or changed is an error with a code, never another value', async (t) => {
  const { database, table, write } = stateOf(t);
  for (const value of [1, 2, null, 4, null]) write('d', [{ key: 'k', value }]);
  const answers = () =>
    [1, 2, 3, 4, 5].map((position) => {
      try {
        const past = table.at(position);
        const { rows } = past.scan('d', 'k', null, 9);
        const value = past.read('d', 'k');
        return (rows[0]?.value ?? null) === value ? value : 'read and scan differ';
      } catch (error) {
        return (error as { code?: string }).code;
      }
    });
  const right = [1, 2, null, 4, null];
  t.strictSame(answers(), right);
  database.exec('SAVEPOINT sound');
  for (let position = 1; position < 5; position += 1) {
    for (const harm of [
      'DELETE FROM version WHERE',
      "UPDATE version SET value = x'05' WHERE",
      'UPDATE version SET value = NULL, before = 0 WHERE',
      'UPDATE version SET before = 77 WHERE',
      'UPDATE version SET position = position + 10 WHERE',
    ]) {
      database.prepare(`${harm} position = ${position}`).run();
      const got = answers();
      t.ok(
        got.every((value, at) => value === right[at] || value === 'store_damaged'),
        `${harm} ${position}: ${got}`,
      );
      t.equal(got[position - 1], 'store_damaged', `${harm} ${position}`);
      database.exec('ROLLBACK TO sound');
    }
  }
  database.exec('RELEASE sound');
});

t.test('a value that was spoiled on disk is an error with a code, never another value', async (t) => {
  const { database, table, write } = stateOf(t);
  write('a', [{ key: 'k', value: 7 }]);
  for (const change of ["value = x'08'", "value = x''", 'position = 9', 'before = 1', "key = 'l'", "sum = x''"]) {
    database.exec(`SAVEPOINT sound; UPDATE state SET ${change}`);
    const name = change.startsWith('key') ? 'l' : 'k';
    t.throws(() => table.read('a', name), { name: 'CodedError', code: 'store_damaged' }, change);
    t.throws(() => table.scan('a', '', null, 9), { code: 'store_damaged' }, change);
    t.throws(() => checkFoldRows(database), { code: 'store_damaged' }, change);
    database.exec('ROLLBACK TO sound; RELEASE sound');
  }
  t.equal(table.read('a', 'k'), 7);
  const put = database.prepare('INSERT OR REPLACE INTO state VALUES (?, ?, 1, 0, ?, ?)');
  for (const bytes of ['', 'ff', '1817', 'a1', '01ff', 'd82a40', 'f93c00', '5f']) {
    const row = { key: 'k', position: 1, before: 0, value: Buffer.from(bytes, 'hex') };
    put.run('a', 'k', stateRowSum('state', 'a', row), row.value);
    t.throws(() => table.read('a', 'k'), { name: 'CodedError', code: /^(cbor|json)_/ }, `bytes ${bytes}`);
  }
});

t.test('a row that is gone or one too many is found at a start', async (t) => {
  const { database, write } = stateOf(t);
  write('a', [
    { key: 'k', value: 1 },
    { key: 'l', value: 1 },
  ]);
  write('a', [{ key: 'l', value: null }]);
  t.doesNotThrow(() => checkFoldRows(database));
  const row = { key: 'm', position: 1, before: 0, value: Buffer.of(1) };
  const harms: readonly (readonly [string, ...unknown[]])[] = [
    ['DELETE FROM state'],
    ['DELETE FROM gone'],
    ['DELETE FROM outcome WHERE position = 1'],
    ['DELETE FROM outcome WHERE position = 2'],
    ['DELETE FROM fold'],
    ['INSERT INTO state VALUES (?, ?, 1, 0, ?, ?)', 'a', 'm', stateRowSum('state', 'a', row), row.value],
  ];
  for (const [harm, ...values] of harms) {
    database.exec('SAVEPOINT sound');
    database.prepare(harm).run(...values);
    t.throws(() => checkFoldRows(database), { name: 'CodedError', code: 'store_damaged' }, harm);
    database.exec('ROLLBACK TO sound; RELEASE sound');
  }
});
