import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import DatabaseConstructor, { type Database } from 'better-sqlite3';
import t from 'tap';
import { PULSE_INDEX_ROWS_MAX, PULSE_PRUNE_ROWS_MAX } from '../../src/base/limits.ts';
import { BlockReader } from '../../src/store/blocks.ts';
import { checkBlockRows, checkFoldRows } from '../../src/store/checks.ts';
import { openDatabase } from '../../src/store/database.ts';
import { readText, writeFileDurably } from '../../src/store/files.ts';
import { NO_TAGS, type PlayedEntry } from '../../src/store/fold-commit.ts';
import { Journal } from '../../src/store/journal.ts';
import { StateTable } from '../../src/store/states.ts';
import { Transactor } from '../../src/store/transactor.ts';
import { draft, newHolding, Scribe, type Sealed } from '../ledger/written-chain.ts';
import { newDatabase, newFolder } from './open-store.ts';

const AT = { wallMs: 1, quality: 'synced' } as const;
const arriving = (block: Sealed) => ({ ...block, pulses: [] });

/** Every row of every table, to see that nothing has changed. */
function dump(database: Database): string {
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").pluck().all();
  return JSON.stringify(
    tables.map((name) => [name, database.prepare(`SELECT * FROM ${String(name)}`).all()]),
    (_, value) => (value?.type === 'Buffer' ? Buffer.from(value.data).toString('hex') : value),
  );
}

function founded(t: Parameters<typeof newDatabase>[0]) {
  const database = newDatabase(t);
  const transactor = new Transactor(database);
  const { founder, holding, root } = newHolding();
  t.teardown(() => undefined);
  const arrivals = transactor.append([arriving(root)]);
  return { database, transactor, founder, holding, root, arrivals, reader: new BlockReader(database) };
}

t.test('several blocks at once, each with its arrival', async (t) => {
  const { transactor, founder, holding, arrivals, reader } = founded(t);
  t.strictSame(arrivals, [1]);
  const blocks = [1, 2, 3].map(() => founder.write(holding));
  t.strictSame(transactor.append(blocks.map(arriving)), [2, 3, 4]);
  t.strictSame(transactor.append([]), []);
  t.strictSame(
    reader.after(1, 9).map(({ id }) => id),
    blocks.map(({ encoded }) => encoded.id),
  );
});

t.test('what was appended is on disk when it returns: a copy of the files has it', async (t) => {
  const folder = newFolder(t);
  const path = join(folder, 'ledger.db');
  const database = newDatabase(t, path);
  const transactor = new Transactor(database);
  const { founder, holding, root } = newHolding();
  transactor.append([arriving(root)]);
  for (let count = 2; count < 12; count += 1) {
    transactor.append([arriving(founder.write(holding))]);
    const copy = join(folder, `copy-${count}.db`);
    // The files as a power cut now would leave them.
    writeFileDurably(copy, readFileSync(path), 0o600);
    writeFileDurably(`${copy}-wal`, readFileSync(`${path}-wal`), 0o600);
    const after = openDatabase({ path: copy, mayCreate: false });
    t.equal(new BlockReader(after).counts().blocks, count);
    after.close();
  }
});

t.test('one that cannot be taken, and none is', async (t) => {
  const { database, transactor, founder, holding, root, reader } = founded(t);
  const [a, b] = [founder.write(holding), founder.write(holding)];
  transactor.append([arriving(a)]);
  const before = dump(database);
  const bodiless = { ...arriving(b), sealed: { ...b.sealed, bodies: [] } };
  const strangerPulse = { ...arriving(b), pulses: [{ pulse: 'p', fact: 'granted' }] };
  t.throws(
    () => transactor.append([strangerPulse, arriving(a)]),
    { name: 'AssertionFailure' },
    'one that is here already',
  );
  t.equal(dump(database), before);
  t.throws(() => transactor.append([arriving(b), arriving(b)]), { name: 'AssertionFailure' }, 'one twice');
  t.equal(dump(database), before);
  t.throws(() => transactor.append([bodiless]), { name: 'AssertionFailure' });
  t.equal(dump(database), before, 'and a bug of ours leaves no half either');
  t.strictSame(reader.placeFor(root.encoded.block.author, 64).heads, [a.encoded.id]);
  t.strictSame(transactor.append([strangerPulse]), [3], 'alone it goes in, at the next arrival');
});

t.test('a full disk refuses with its code, and nothing of it has happened', async (t) => {
  const { database, transactor, founder, holding, reader } = founded(t);
  const pages = Number(database.pragma('page_count', { simple: true }));
  database.pragma(`max_page_count = ${pages + 8}`);
  let taken = 1;
  const fill = () => {
    for (;;) {
      transactor.append([arriving(founder.write(holding, [draft('x'.repeat(9_000))]))]);
      taken += 1;
    }
  };
  t.throws(fill, { name: 'CodedError', code: 'store_full', fields: { path: database.name }, advice: /Free/ });
  t.ok(taken > 1, `${taken} blocks had room`);
  t.equal(reader.counts().blocks, taken);
  database.pragma('max_page_count = 1000000');
  const last = [...holding.blocks.values()].at(-1) as Sealed;
  t.strictSame(transactor.append([arriving(last)]), [taken + 1], 'with room again it goes on');
});

t.test('the index of pulses keeps the newest', async (t) => {
  const { database, transactor, founder, holding } = founded(t);
  const journal = new Journal(database);
  const mark = (from: number, count: number) =>
    Array.from({ length: count }, (_, n) => ({ pulse: `p${from + n}`, fact: 'granted' }));
  const append = (pulses: { pulse: string; fact: string }[]) =>
    transactor.append([{ ...founder.write(holding), pulses }]);
  const count = () => Number(database.prepare('SELECT count(*) FROM pulse').pluck().get());
  database.pragma('synchronous = OFF');
  append([...mark(0, 1), ...mark(0, 1), { pulse: 'p0', fact: 'recovered' }]);
  t.equal(count(), 2, 'each fact of a pulse once');
  t.ok(journal.hasPulse('p0', 'recovered'));
  t.notOk(journal.hasPulse('p0', 'interrupted'));
  for (let from = 1; from <= PULSE_INDEX_ROWS_MAX - 2; from += 10) append(mark(from, 10));
  t.ok(journal.hasPulse('p0', 'granted'), 'nearly full, nothing has left');
  const last = PULSE_INDEX_ROWS_MAX + 2 * PULSE_PRUNE_ROWS_MAX;
  for (let from = PULSE_INDEX_ROWS_MAX; from < last; from += 10) append(mark(from, 10));
  t.notOk(journal.hasPulse('p0', 'granted'), 'the oldest left');
  t.ok(count() >= PULSE_INDEX_ROWS_MAX - 10 && count() <= PULSE_INDEX_ROWS_MAX + PULSE_PRUNE_ROWS_MAX, `${count()}`);
  t.ok(journal.hasPulse(`p${last - PULSE_INDEX_ROWS_MAX + PULSE_PRUNE_ROWS_MAX}`, 'granted'));
  t.doesNotThrow(() => checkBlockRows(database));
  database.exec("UPDATE pulse SET fact = 'denied' WHERE id = (SELECT max(id) FROM pulse)");
  t.throws(() => checkBlockRows(database), { code: 'store_damaged', fields: { table: 'pulse' } });
});

t.test('the fold commits all of a run or nothing', async (t) => {
  const { database, transactor, founder, holding } = founded(t);
  transactor.append([arriving(founder.write(holding, [draft(), draft()]))]);
  const journal = new Journal(database);
  const states = new StateTable(database);
  const writes = [
    { key: 'x', value: 1 },
    { key: 'y', value: { '/': { bytes: 'AQI' } } },
  ];
  const rest = { index: 0, dapp: 'a', kind: 'k', tags: NO_TAGS, at: AT } as const;
  const played: PlayedEntry = { ...rest, arrival: 1, outcome: { ok: true, writes } };
  const nothing = { played: [], waiting: [], erased: [] };
  transactor.commitFold({
    ...nothing,
    arrival: 2,
    played: [played],
    waiting: [
      { arrival: 2, index: 0, dapp: 'journal', tries: 0, code: 'dapp_waiting' },
      { arrival: 2, index: 1, dapp: 'journal', tries: 1, code: 'dapp_timeout' },
    ],
  });
  t.equal(states.read('a', 'x'), 1);
  t.equal(journal.waiting().length, 2);
  const before = dump(database);
  const again: PlayedEntry = { ...rest, arrival: 2, outcome: { ok: true, writes: [{ key: 'x', value: null }] } };
  const formless = [
    { key: 'x', value: 2 },
    { key: 'z', value: 0.5 },
  ];
  const broken = [
    { played: [again, played], why: 'an entry played before' },
    { played: [{ ...again, outcome: { ok: true, writes: formless } as const }], why: 'a value without a form' },
    { played: [again], erased: [{ arrival: 77, index: 0 }], why: 'an entry to erase that is not here' },
  ];
  for (const { why, ...part } of broken) {
    t.throws(() => transactor.commitFold({ ...nothing, arrival: 3, ...part }), { name: 'CodedError' }, why);
    t.equal(dump(database), before, `${why}: nothing of it`);
  }
  transactor.commitFold({
    ...nothing,
    arrival: 2,
    played: [again],
    waiting: [{ arrival: 2, index: 1, dapp: 'journal', tries: 2, code: 'dapp_exited' }],
  });
  t.strictSame(
    journal.waiting(),
    [{ arrival: 2, index: 1, dapp: 'journal', tries: 2, code: 'dapp_exited' }],
    'played, it waits no more',
  );
  t.equal(states.read('a', 'x'), null);
  t.strictSame(states.read('a', 'y'), { '/': { bytes: 'AQI' } });
  t.doesNotThrow(() => checkFoldRows(database));
});

t.test('files beside the store are there whole or not at all', async (t) => {
  const folder = newFolder(t);
  const path = join(folder, 'a.json');
  writeFileDurably(path, 'first', 0o600);
  t.equal(readText(path), 'first');
  writeFileDurably(path, Buffer.from('second, é'), 0o600);
  t.equal(readText(path), 'second, é');
  t.notOk(existsSync(`${path}.new`));
  t.throws(() => readText(join(folder, 'none')), { code: 'file_missing', fields: { path: join(folder, 'none') } });
  t.throws(() => readText(folder), { code: 'file_unreadable', advice: /read it/ });
  t.equal(readText(path, 10), 'second, é', 'in bytes');
  t.throws(() => readText(path, 9), { code: 'file_too_large', fields: { bytesMax: 9 } });
  t.throws(() => readText('/dev/zero'), { code: 'file_too_large' }, 'what has no end is not read to it');
  t.throws(() => writeFileDurably(join(folder, 'none/a.json'), 'x', 0o600), {
    name: 'CodedError',
    code: 'file_unwritable',
  });
});

t.test('two writers cannot be: the second finds the file locked', async (t) => {
  const { database } = founded(t);
  const other = new DatabaseConstructor(database.name, { timeout: 0 });
  t.teardown(() => void other.close());
  t.throws(() => other.prepare('SELECT * FROM block').all(), { code: 'SQLITE_BUSY' });
  t.doesNotThrow(() => new Scribe('unharmed'));
});
