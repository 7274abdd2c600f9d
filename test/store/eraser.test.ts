import { existsSync, readFileSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import type { StateWrite } from '../../src/ledger/state.ts';
import { BlockReader } from '../../src/store/blocks.ts';
import { checkFoldRows } from '../../src/store/checks.ts';
import type { EntryPlace, LogTags } from '../../src/store/fold-commit.ts';
import { Journal } from '../../src/store/journal.ts';
import { StateTable } from '../../src/store/states.ts';
import { Transactor } from '../../src/store/transactor.ts';
import { checkVersions } from '../../src/store/version-links.ts';
import { draft, newHolding } from '../ledger/written-chain.ts';
import { newDatabase } from './open-store.ts';

const TAGS: LogTags = { door: 'front', member: 'm-1', second: 'm-2', reader: 'r' };

/** Each write is a block of one entry with that body, played. */
function ledger(t: Test) {
  const database = newDatabase(t);
  database.pragma('synchronous = OFF');
  const transactor = new Transactor(database);
  const { founder, holding, root } = newHolding();
  transactor.append([{ ...root, pulses: [] }]);
  const nothing = { played: [], waiting: [], erased: [] };
  const play = (place: EntryPlace, writes: readonly StateWrite[], erased: readonly EntryPlace[] = []) => {
    const at = { wallMs: place.arrival, quality: 'synced' } as const;
    const outcome = { ok: true, writes } as const;
    const entry = { ...place, dapp: 'd', kind: 'k', tags: TAGS, outcome, at };
    transactor.commitFold({ ...nothing, arrival: place.arrival, played: [entry], erased });
  };
  play({ arrival: 1, index: 0 }, []);
  return {
    database,
    state: new StateTable(database),
    journal: new Journal(database),
    blocks: new BlockReader(database),
    write(body: string, writes: readonly StateWrite[], erased: readonly EntryPlace[] = []): EntryPlace {
      const block = founder.write(holding, [draft({ body })]);
      const [arrival = 0] = transactor.append([{ ...block, pulses: [] }]);
      play({ arrival, index: 0 }, writes, erased);
      return { arrival, index: 0 };
    },
  };
}

const put = (key: string, value: string | null): StateWrite => ({ key, value });

/** Whether the file or its log still holds the text anywhere. */
function holds(database: Database, text: string): boolean {
  const files = [database.name, `${database.name}-wal`].filter((path) => existsSync(path));
  return files.some((path) => readFileSync(path).includes(text));
}

t.test('what was erased is gone from body, log, state as it was, and from the file', async (t) => {
  const { database, state, journal, blocks, write } = ledger(t);
  const first = write('secret-body', [put('member/1', 'secret-name'), put('name/secret-key', 'm-1')]);
  const second = write('harmless', [put('member/1', 'Bob'), put('name/secret-key', null), put('name/bob', 'm-1')]);
  t.ok(holds(database, 'secret-body') && holds(database, 'secret-name') && holds(database, 'secret-key'));
  t.equal(state.at(2).read('d', 'member/1'), 'secret-name');
  t.equal(journal.heldBy(first), null);
  t.equal(journal.heldBy(second), 'member/1');

  const third = write('erase', [], [first]);
  for (const secret of ['secret-body', 'secret-name', 'secret-key']) t.notOk(holds(database, secret), secret);
  t.strictSame(blocks.at(first.arrival)?.bodies, [null]);
  t.match(journal.outcome(first), { isErased: true, ok: true, kind: 'k', message: null, keys: [] });
  t.strictSame(journal.outcome(first)?.tags, { door: null, member: null, second: null, reader: null });
  t.strictSame(journal.outcome(second)?.keys, ['member/1', 'name/bob'], 'nor does another entry name the key');
  t.match(journal.page({ member: 'm-1', limit: 9 }), { outcomes: [{ position: 1 }, { position: 3 }, { position: 4 }] });
  t.equal(journal.fold().erased, journal.outcome(third)?.position);

  t.equal(state.read('d', 'member/1'), 'Bob');
  t.equal(state.at(2).read('d', 'member/1'), null, 'as if it had not been there');
  t.strictSame(state.at(2).scan('d', '', null, 9).rows, []);
  t.equal(state.at(3).read('d', 'member/1'), 'Bob');
  t.doesNotThrow(() => checkFoldRows(database));
  t.doesNotThrow(() => checkVersions(database));
});

t.test('what state still holds is not erased, and nothing of the commit happens', async (t) => {
  const { state, journal, blocks, write } = ledger(t);
  const first = write('a', [put('x', '1'), put('y', '1')]);
  write('b', [put('x', '2')]);
  const before = journal.fold();
  t.throws(() => write('erase', [put('z', '1')], [first]), {
    name: 'CodedError',
    code: 'erase_held',
    fields: { arrival: first.arrival, dapp: 'd', key: 'y' },
  });
  t.strictSame(journal.fold(), before);
  t.not(blocks.at(first.arrival)?.bodies[0], null);
  t.equal(state.read('d', 'z'), null);
  t.throws(() => write('erase', [], [{ arrival: 99, index: 0 }]), { code: 'erase_unplayed' });
});

t.test('an entry twice, and one that wrote nothing', async (t) => {
  const { database, journal, blocks, write } = ledger(t);
  const first = write('a', []);
  write('erase', [], [first]);
  write('erase', [], [first]);
  t.strictSame(blocks.at(first.arrival)?.bodies, [null]);
  t.match(journal.outcome(first), { isErased: true });
  t.doesNotThrow(() => checkFoldRows(database));
});

const key = fc.constantFrom('a', 'b', 'c');
const change = fc.array(fc.record({ key, value: fc.option(fc.constantFrom('1', '2')) }), { maxLength: 3 });

t.test('after any erasing the state of now, and of every position from the erase on, is as it was', async (t) => {
  const same = fc.property(
    fc.array(change, { minLength: 1, maxLength: 9 }),
    fc.nat(),
    change,
    (changes, pick, after) => {
      const { database, state, journal, write } = ledger(t);
      const places = changes.map((writes, n) => write(`body ${n}`, writes));
      const erased = places.filter((place, n) => ((pick >> n) & 1) === 1 && journal.heldBy(place) === null);
      const now = JSON.stringify(state.scan('d', '', null, 9));
      write('erase', [], erased);
      const { position } = journal.fold();
      write('after', after);
      const kept = JSON.stringify(state.at(position).scan('d', '', null, 9));
      checkFoldRows(database);
      checkVersions(database);
      const isGone = erased.every((place) => journal.outcome(place)?.isErased === true);
      database.close();
      return now === kept && isGone;
    },
  );
  t.doesNotThrow(() => fc.assert(same, { numRuns: 60 }));
});
