import t, { type Test } from 'tap';
import { toHex } from '../../src/base/bytes.ts';
import { Journal } from '../../src/store/journal.ts';
import { type FoldCommit, Transactor } from '../../src/store/transactor.ts';
import { draft, newHolding, type Sealed } from '../ledger/written-chain.ts';
import { newDatabase } from './open-store.ts';

const SYNCED = { wallMs: 100, quality: 'synced' } as const;

/** A root with one entry and four blocks with two. */
function journalOf(t: Test) {
  const database = newDatabase(t);
  const transactor = new Transactor(database);
  const { founder, holding, root } = newHolding();
  const blocks = [1, 2, 3, 4].map((n) => founder.write(holding, [draft({ n, index: 0 }), draft({ n, index: 1 })]));
  transactor.append([root, ...blocks].map((block) => ({ ...block, pulses: [] })));
  const commit = (part: Partial<FoldCommit>) =>
    transactor.commitFold({ arrival: 0, played: [], waiting: [], changes: [], ...part });
  return { database, transactor, journal: new Journal(database), commit, written: [root, ...blocks] };
}

const ok = (arrival: number, index: number) =>
  ({ arrival, index, outcome: { ok: true, writes: [] }, at: SYNCED }) as const;

t.test('nothing folded yet', async (t) => {
  const { journal } = journalOf(t);
  t.equal(journal.foldedTo(), 0);
  t.equal(journal.outcome(1, 0), null);
  t.strictSame(journal.outcomes(0, 9), []);
  t.strictSame(journal.waiting(), []);
  t.strictSame(journal.statesAfter('', '', 9), []);
  t.notOk(journal.hasPulse('p', 'granted'));
});

t.test('outcomes in the order in which they were played, in pages', async (t) => {
  const { journal, commit } = journalOf(t);
  const outcome = { ok: false, code: 'not_today', message: 'come back' } as const;
  commit({ arrival: 2, played: [ok(1, 0), ok(2, 1)] });
  commit({ arrival: 3, played: [{ arrival: 2, index: 0, outcome, at: { wallMs: 9, quality: 'unknown' } }] });
  t.equal(journal.foldedTo(), 3);
  t.strictSame(journal.outcome(2, 0), { ok: false, code: 'not_today', message: 'come back' });
  t.strictSame(journal.outcome(2, 1), { ok: true, code: null, message: null });
  t.strictSame(journal.outcome(3, 0), null);
  const all = journal.outcomes(0, 9);
  t.strictSame(
    all.map(({ position, arrival, index }) => [position, arrival, index]),
    [
      [1, 1, 0],
      [2, 2, 1],
      [3, 2, 0],
    ],
  );
  t.match(all[2], { ok: false, code: 'not_today', at: { wallMs: 9, quality: 'unknown' } });
  t.strictSame(journal.outcomes(1, 1), all.slice(1, 2));
  t.strictSame(journal.outcomes(3, 9), []);
});

t.test('entries with what became of them, after a cursor', async (t) => {
  const { journal, commit, written } = journalOf(t);
  commit({
    arrival: 3,
    played: [ok(1, 0), { ...ok(2, 0), outcome: { ok: false, code: 'no', message: 'never' } }],
    waiting: [{ arrival: 2, index: 1, dapp: 'journal', tries: 1, code: 'dapp_timeout' }],
  });
  const rows = journal.entriesAfter(0, 0, 99);
  t.strictSame(
    rows
      .map(({ arrival, index, ok, code, message, waiting }) => [arrival, index, ok, code, message, waiting])
      .slice(0, 4),
    [
      [1, 0, true, null, null, null],
      [2, 0, false, 'no', 'never', null],
      [2, 1, null, null, null, 'dapp_timeout'],
      [3, 0, null, null, null, null],
    ],
  );
  t.equal(rows.length, 9);
  const [, { encoded, sealed }] = written as [unknown, Sealed];
  const { blockBytes = sealed.signature, body = sealed.signature, block = sealed.signature } = rows[1] ?? {};
  t.equal(toHex(blockBytes), toHex(sealed.bytes));
  t.equal(toHex(body), toHex(sealed.bodies[0]?.bytes ?? sealed.signature));
  t.equal(toHex(block), encoded.id);
  const places = (arrival: number, index: number, limit = 99) =>
    journal.entriesAfter(arrival, index, limit).map((row) => `${row.arrival}/${row.index}`);
  t.strictSame(places(2, 0, 2), ['2/1', '3/0'], 'from within a block');
  t.strictSame(places(4, Number.MAX_SAFE_INTEGER), ['5/0', '5/1'], 'behind every entry of one');
  t.strictSame(places(5, 1), []);
});

t.test('where the last blocks begin', async (t) => {
  const { journal } = journalOf(t);
  t.strictSame(
    [0, 1, 3, 4, 5, 99].map((blocks) => journal.arrivalBefore(blocks)),
    [5, 4, 2, 1, 0, 0],
  );
});

t.test('states of all dapps in the order of bytes, in pages', async (t) => {
  const { journal, commit } = journalOf(t);
  const keys = ['a', '\uffff', '\u{10000}'];
  const writes = keys.map((key, value) => ({ key, value }));
  commit({
    changes: [
      { dapp: 'b', writes },
      { dapp: 'a', writes: [...writes].reverse() },
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
