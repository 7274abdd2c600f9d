import fc from 'fast-check';
import t, { type Test } from 'tap';
import { LOG_LOOKED_MAX } from '../../src/base/limits.ts';
import { type FoldCommit, type LogTags, NO_TAGS, type PlayedEntry } from '../../src/store/fold-commit.ts';
import { Journal } from '../../src/store/journal.ts';
import type { LogQuery } from '../../src/store/log-index.ts';
import { Transactor } from '../../src/store/transactor.ts';
import { newDatabase } from './open-store.ts';

const SYNCED = { wallMs: 100, quality: 'synced' } as const;
const RULED = { dapp: 'journal', kind: 'note', tags: NO_TAGS } as const;

/** What the fold recorded of blocks; the blocks themselves nobody reads here. */
function journalOf(t: Test) {
  const database = newDatabase(t);
  database.pragma('synchronous = OFF');
  const transactor = new Transactor(database);
  const commit = (part: Partial<FoldCommit>) =>
    transactor.commitFold({ arrival: 0, played: [], waiting: [], erased: [], ...part });
  return { database, transactor, journal: new Journal(database), commit };
}

const ok = (arrival: number, index: number): PlayedEntry => ({
  ...{ arrival, index, ...RULED, outcome: { ok: true, writes: [] }, at: SYNCED },
});

t.test('nothing folded yet', async (t) => {
  const { journal } = journalOf(t);
  t.equal(journal.foldedTo(), 0);
  t.equal(journal.outcome({ arrival: 1, index: 0 }), null);
  t.strictSame(journal.outcomes(0, 9), []);
  t.strictSame(journal.waiting(), []);
  t.strictSame(journal.statesAfter('', '', 9), []);
  t.notOk(journal.hasPulse('p', 'granted'));
  t.equal(journal.positionAt(1e15), 0);
  t.strictSame(journal.page({ limit: 9 }), { outcomes: [], looked: 0, more: false });
});

t.test('outcomes in the order in which they were played, in pages', async (t) => {
  const { journal, commit } = journalOf(t);
  const outcome = { ok: false, code: 'not_today', message: 'come back' } as const;
  commit({ arrival: 2, played: [ok(1, 0), ok(2, 1)] });
  commit({ arrival: 3, played: [{ ...ok(2, 0), outcome, at: { wallMs: 109, quality: 'unknown' } }] });
  t.equal(journal.foldedTo(), 3);
  const place = (arrival: number, index: number) => journal.outcome({ arrival, index });
  t.match(place(2, 0), { ok: false, code: 'not_today', message: 'come back', position: 3 });
  t.match(place(2, 1), { ok: true, code: null, message: null, position: 2 });
  const all = journal.outcomes(0, 9);
  t.strictSame(
    all.map(({ position, arrival, index }) => [position, arrival, index]),
    [
      [1, 1, 0],
      [2, 2, 1],
      [3, 2, 0],
    ],
  );
  t.match(all[2], { at: { wallMs: 109, quality: 'unknown' }, tags: NO_TAGS, keys: [], isErased: false });
  t.strictSame(journal.outcomes(1, 1), all.slice(1, 2));
  t.strictSame(journal.outcomes(3, 9), []);
  t.strictSame(journal.outcomeAt(2), all[1]);
});

t.test('an entry without an outcome waits, is yet to come, or has been lost', async (t) => {
  const { journal, commit, database } = journalOf(t);
  const entry = { arrival: 2, index: 0, dapp: 'door', tries: 1, code: 'dapp_exited' };
  commit({ arrival: 2, played: [ok(1, 0), ok(1, 1)], waiting: [entry] });
  t.strictSame(journal.waiting(), [entry]);
  t.equal(journal.outcome({ arrival: 2, index: 0 }), null, 'it waits');
  t.equal(journal.outcome({ arrival: 3, index: 0 }), null, 'it is yet to come');
  database.exec('DELETE FROM outcome WHERE position = 1');
  t.throws(() => journal.outcome({ arrival: 1, index: 0 }), { code: 'store_damaged' });
  t.throws(() => journal.outcomes(0, 9), { code: 'store_damaged', fields: { from: 1, to: 1 } });
  t.throws(() => journal.outcomeAt(1), { code: 'store_damaged' });
  database.exec('DELETE FROM waiting');
  t.throws(() => journal.outcome({ arrival: 2, index: 0 }), { code: 'store_damaged' });
});

t.test('what the disk changed is no answer', async (t) => {
  const { journal, commit, database } = journalOf(t);
  commit({
    arrival: 2,
    played: [{ ...ok(1, 0), outcome: { ok: false, code: 'no', message: 'never' } }],
    waiting: [{ arrival: 2, index: 0, dapp: 'door', tries: 1, code: 'dapp_exited' }],
  });
  const changes = [
    'ok = 1',
    "code = 'yes'",
    "message = ''",
    'message = NULL',
    'at_ms = 0',
    "at_quality = 'peer'",
    "dapp = 'x'",
    "kind = 'x'",
    'idx = 0, block = 2',
    "keys = '[1]'",
    'erased = 1',
    "door = 'x'",
    "member = 'x'",
    "second = 'x'",
    "reader = ''",
    "sum = x''",
  ];
  database.exec('SAVEPOINT sound');
  for (const change of changes) {
    database.exec(`UPDATE outcome SET ${change}`);
    t.throws(() => journal.outcomeAt(1), { code: 'store_damaged', fields: { table: 'outcome' } }, change);
    database.exec('ROLLBACK TO sound');
  }
  for (const change of ['tries = 0', "code = ''", "dapp = 'x'", 'idx = 9', "sum = x'00'"]) {
    database.exec(`UPDATE waiting SET ${change}`);
    t.throws(() => journal.waiting(), { code: 'store_damaged' }, change);
    database.exec('ROLLBACK TO sound');
  }
  for (const change of ['arrival = 1', 'position = 0', 'erased = 1', "digest = x'00'", "sum = x''"]) {
    database.exec(`UPDATE fold SET ${change}`);
    t.throws(() => journal.fold(), { code: 'store_damaged' }, change);
    database.exec('ROLLBACK TO sound');
  }
  database.exec('RELEASE sound');
  t.ok(journal.outcomeAt(1));
});

t.test('the last position at a node time', async (t) => {
  const { journal, commit } = journalOf(t);
  const times = [10, 10, 20, 20, 20, 21, 50];
  commit({ played: times.map((wallMs, at) => ({ ...ok(at + 1, 0), at: { wallMs, quality: 'synced' } })) });
  const asked = [0, 9, 10, 11, 19, 20, 21, 22, 49, 50, 1e15];
  t.strictSame(
    asked.map((ms) => journal.positionAt(ms)),
    asked.map((ms) => times.filter((time) => time <= ms).length),
  );
});

const NAMES = ['a', 'b', 'c'];
const name = fc.option(fc.constantFrom(...NAMES), { freq: 2 });
const entry = fc.record({
  kind: fc.constantFrom('granted', 'denied', 'door.add'),
  tags: fc.record({ door: name, member: name, second: name, reader: name }),
  stepMs: fc.nat({ max: 3 }),
});
const query = fc.record(
  {
    sinceMs: fc.nat({ max: 40 }),
    door: fc.constantFrom(...NAMES),
    member: fc.constantFrom(...NAMES),
    reader: fc.constantFrom(...NAMES),
    kinds: fc.subarray(['granted', 'denied', 'door.add'], { minLength: 1 }),
    after: fc.nat({ max: 30 }),
    before: fc.nat({ max: 30 }),
    isBackwards: fc.boolean(),
    limit: fc.integer({ min: 1, max: 9 }),
  },
  { requiredKeys: ['limit'] },
);

t.test('pages of the log: every row that is asked for, once, in order, whichever way', async (t) => {
  const same = fc.property(fc.array(entry, { maxLength: 25 }), query, (entries, asked) => {
    const { journal, commit, database } = journalOf(t);
    let wallMs = 0;
    const played = entries.map(({ kind, tags, stepMs }, at): PlayedEntry => {
      wallMs += stepMs;
      const distinct = { ...tags, second: tags.second === tags.member ? null : tags.second };
      return { ...ok(at + 1, 0), kind, tags: distinct, at: { wallMs, quality: 'synced' } };
    });
    commit({ played });
    const found: number[] = [];
    const { isBackwards = false } = asked;
    for (let ask: LogQuery = asked; ; ) {
      const page = journal.page(ask);
      if (page.outcomes.length > asked.limit) return false;
      found.push(...page.outcomes.map(({ position }) => position));
      if (!page.more) break;
      ask = { ...asked, [isBackwards ? 'before' : 'after']: page.looked };
    }
    database.close();
    const wanted = played.flatMap((one, at) => (isAsked(one, at + 1, asked) ? [at + 1] : []));
    return JSON.stringify(found) === JSON.stringify(isBackwards ? wanted.reverse() : wanted);
  });
  t.doesNotThrow(() => fc.assert(same, { numRuns: 150 }));
});

function isAsked({ tags, kind, at }: PlayedEntry, position: number, asked: LogQuery): boolean {
  const is = (tag: keyof LogTags, value: string | undefined) => value === undefined || tags[tag] === value;
  return (
    is('door', asked.door) &&
    is('reader', asked.reader) &&
    (is('member', asked.member) || is('second', asked.member)) &&
    (asked.kinds === undefined || asked.kinds.includes(kind)) &&
    (asked.sinceMs === undefined || at.wallMs >= asked.sinceMs) &&
    position > (asked.after ?? 0) &&
    position < (asked.before ?? 1e9)
  );
}

t.test('a page looks at so many rows and no more', async (t) => {
  const { journal, commit } = journalOf(t);
  const count = LOG_LOOKED_MAX + 300;
  commit({ played: Array.from({ length: count }, (_, at) => ({ ...ok(at + 1, 0), tags: { ...NO_TAGS, door: 'a' } })) });
  commit({ played: [{ ...ok(count + 1, 0), kind: 'rare', tags: { ...NO_TAGS, door: 'a' } }] });
  for (const door of [{}, { door: 'a' }]) {
    const first = journal.page({ ...door, kinds: ['rare'], limit: 9 });
    t.strictSame(first, { outcomes: [], looked: LOG_LOOKED_MAX, more: true });
    const next = journal.page({ ...door, kinds: ['rare'], limit: 9, after: first.looked });
    t.match(next, { more: false, outcomes: [{ position: count + 1 }] });
  }
  t.match(journal.page({ door: 'a', limit: 2, isBackwards: true }), { looked: count, more: true });
});

t.test('every query of the log goes by an index alone', async (t) => {
  const { database } = journalOf(t);
  const plans: string[] = [];
  const prepare = database.prepare.bind(database);
  database.prepare = ((sql: string) => {
    if (/outcome/.test(sql) && /^SELECT/.test(sql)) {
      const named = { value: '', after: 0, before: 0, limit: 0 };
      const positional = Array.from({ length: sql.match(/\?/g)?.length ?? 0 }, () => 0);
      const statement = prepare(`EXPLAIN QUERY PLAN ${sql}`);
      const rows = (sql.includes(':') ? statement.all(named) : statement.all(...positional)) as { detail: string }[];
      plans.push(rows.map(({ detail }) => detail).join('; '));
    }
    return prepare(sql);
  }) as typeof database.prepare;
  new Journal(database);
  t.equal(plans.length, 10, 'four ways to walk, each in two directions, and two by place');
  for (const plan of plans) {
    t.notMatch(plan, /SCAN|TEMP B-TREE/, plan);
    t.match(plan, /SEARCH/);
  }
  t.equal(plans.filter((plan) => /USING COVERING INDEX outcome_(door|member|second|reader)/.test(plan)).length, 6);
});

t.test('states of all dapps in the order of bytes, in pages', async (t) => {
  const { journal, commit } = journalOf(t);
  const keys = ['a', '\uffff', '\u{10000}'];
  const writes = keys.map((key, value) => ({ key, value }));
  commit({
    played: [
      { ...ok(1, 0), dapp: 'b', outcome: { ok: true, writes } },
      { ...ok(1, 1), dapp: 'a', outcome: { ok: true, writes: [...writes].reverse() } },
    ],
  });
  const rows = journal.statesAfter('', '', 9);
  t.strictSame(
    rows.map(({ dapp, key }) => dapp + key),
    ['a', 'b'].flatMap((dapp) => keys.map((key) => dapp + key)),
  );
  t.same(rows[1]?.value, Uint8Array.of(1), 'as it is stored');
  t.strictSame(journal.statesAfter('a', '\uffff', 2), rows.slice(2, 4));
  t.strictSame(journal.statesAfter('b', '\u{10000}', 2), []);
});
