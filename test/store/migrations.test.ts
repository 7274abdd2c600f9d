import { cpSync } from 'node:fs';
import { join } from 'node:path';
import DatabaseConstructor from 'better-sqlite3';
import t from 'tap';
import { Verifier } from '../../src/format/ed25519.ts';
import { openBlock } from '../../src/format/sealed.ts';
import { checkPlace } from '../../src/ledger/admission.ts';
import { BlockReader } from '../../src/store/blocks.ts';
import { openDatabase } from '../../src/store/database.ts';
import { Journal } from '../../src/store/journal.ts';
import { migrate } from '../../src/store/migrations.ts';
import { StateTable } from '../../src/store/states.ts';
import { Transactor } from '../../src/store/transactor.ts';
import { CAPS, Holding, keyOf, placeShown, Scribe } from '../ledger/written-chain.ts';
import { newFolder } from './open-store.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/store');
const SCHEMA_VERSION = 1;

function schemaOf(path: string): object {
  const database = new DatabaseConstructor(path, { readonly: true });
  const rows = database.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name').all();
  const version = database.pragma('user_version', { simple: true });
  database.close();
  return { rows, version };
}

t.test('a new file has the schema of this release, and opening it again changes nothing', async (t) => {
  const path = join(newFolder(t), 'ledger.db');
  openDatabase({ path, mayCreate: true }).close();
  const first = schemaOf(path);
  t.match(first, { version: SCHEMA_VERSION });
  for (let times = 0; times < 3; times += 1) openDatabase({ path, mayCreate: false }).close();
  t.strictSame(schemaOf(path), first);
});

t.test('a step that fails leaves the version as it was', async (t) => {
  const database = new DatabaseConstructor(join(newFolder(t), 'half.db'));
  t.teardown(() => void database.close());
  // In the way of the fourth table of the first step.
  database.exec('CREATE TABLE outcome (x)');
  t.throws(() => migrate(database, 'half.db'), { code: 'SQLITE_ERROR' });
  t.equal(database.pragma('user_version', { simple: true }), 0);
  t.strictSame(database.prepare('SELECT name FROM sqlite_schema').pluck().all(), ['outcome']);
});

t.test('a version from the future, or from nowhere', async (t) => {
  for (const [version, wanted] of [
    [
      SCHEMA_VERSION + 1,
      { code: 'store_newer', fields: { path: 'x.db', found: SCHEMA_VERSION + 1, known: SCHEMA_VERSION } },
    ],
    [-1, { code: 'store_damaged' }],
  ] as const) {
    const database = new DatabaseConstructor(join(newFolder(t), 'x.db'));
    t.teardown(() => void database.close());
    database.pragma(`user_version = ${version}`);
    t.throws(() => migrate(database, 'x.db'), { name: 'CodedError', ...wanted });
    t.strictSame(database.prepare('SELECT name FROM sqlite_schema').all(), []);
  }
});

t.test('a ledger of schema 1, as its release left it', async (t) => {
  const path = join(newFolder(t), 'ledger.db');
  cpSync(join(FIXTURES, 'ledger-schema-1.db'), path);
  const database = openDatabase({ path, mayCreate: false });
  t.teardown(() => void database.close());
  t.equal(database.pragma('user_version', { simple: true }), SCHEMA_VERSION);

  const blocks = new BlockReader(database);
  const stored = blocks.after(0, 99);
  t.strictSame(
    stored.map(({ arrival, id }) => [arrival, id.slice(0, 8)]),
    [
      [1, 'e5611eaa'],
      [2, 'e5162747'],
      [3, '303ac525'],
      [4, 'b01b8bb4'],
    ],
  );
  const verifier = new Verifier(9);
  const [root, ...others] = stored.map((block) => ({ encoded: openBlock(block, CAPS, verifier), sealed: block }));
  if (root === undefined) throw new RangeError('no root');
  const holding = new Holding(root);
  for (const block of others) {
    checkPlace(block.encoded.block, blocks);
    holding.take(block);
  }
  const author = keyOf('founder').publicKey;
  t.strictSame(placeShown(blocks.placeFor(author, CAPS.parentsMax)), placeShown(holding.placeFor(author)));

  const journal = new Journal(database);
  t.equal(journal.foldedTo(), 3);
  const at = { wallMs: 1_795_000_000_123, quality: 'synced' };
  const tags = { door: null, member: null, second: null, reader: null };
  const rest = { message: null, keys: [], isErased: false, tags };
  t.strictSame(journal.outcomes(0, 9), [
    {
      ...rest,
      ...{ position: 1, arrival: 1, index: 0, dapp: 'mesh', kind: 'root', ok: true, code: null },
      at: { wallMs: 7, quality: 'unknown' },
    },
    {
      ...rest,
      ...{ position: 2, arrival: 2, index: 1, dapp: 'journal', kind: 'note', ok: false, code: 'no_dapp', at },
      message: 'no dapp journal',
    },
    {
      ...rest,
      ...{ position: 3, arrival: 2, index: 0, dapp: 'membership', kind: 'member.add', ok: true, code: null, at },
      ...{ keys: ['member/ü'], tags: { ...tags, member: 'm-1' } },
    },
  ]);
  t.strictSame(journal.waiting(), [{ arrival: 3, index: 0, dapp: 'door', tries: 2, code: 'dapp_timeout' }]);
  t.ok(journal.hasPulse('p1', 'granted'));
  t.strictSame(new StateTable(database).read('membership', 'member/ü'), { name: 'Zoë 🔑', since: 1 });

  const next = new Scribe('newcomer').write(holding);
  t.strictSame(new Transactor(database).append([{ ...next, pulses: [] }]), [5], 'and it goes on');
});
