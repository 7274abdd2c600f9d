import fc from 'fast-check';
import type { Test } from 'tap';
import type { Json } from '../../src/base/json.ts';
import type { StatePage, StateReader, StateRow, StateWrite } from '../../src/ledger/state.ts';

/** A state that can be written to, as the suite needs it; each call of `make` gives an empty one. */
export interface WritableState {
  readonly reader: StateReader;
  write(dapp: string, writes: readonly StateWrite[]): void;
}

/** One write of a round, or the end of it: what a state has below and above an end is in different layers. */
type Round = readonly { readonly dapp: string; readonly writes: readonly StateWrite[] }[];

/** A plain sorted map, read in the dullest way there is. */
class Model {
  readonly #dapps = new Map<string, Map<string, Json>>();

  write(dapp: string, writes: readonly StateWrite[]): void {
    const state = this.#dapps.get(dapp) ?? new Map<string, Json>();
    this.#dapps.set(dapp, state);
    for (const { key, value } of writes) {
      if (value === null) state.delete(key);
      else state.set(key, value);
    }
  }

  read(dapp: string, key: string): Json | null {
    return this.#dapps.get(dapp)?.get(key) ?? null;
  }

  rows(dapp: string, prefix: string, after: string | null): readonly StateRow[] {
    const bytes = (key: string) => Buffer.from(key, 'utf8');
    return [...(this.#dapps.get(dapp) ?? [])]
      .map(([key, value]) => ({ key, value }))
      .sort((a, b) => Buffer.compare(bytes(a.key), bytes(b.key)))
      .filter(({ key }) => key.startsWith(prefix) && (after === null || Buffer.compare(bytes(key), bytes(after)) > 0));
  }

  scan(dapp: string, prefix: string, after: string | null, limit: number): StatePage {
    const rows = this.rows(dapp, prefix, after);
    return { rows: rows.slice(0, limit), more: rows.length > limit };
  }
}

/** Letters on every border there is: UTF-8 lengths, the surrogates' gap, the last code point, NUL, wildcards. */
const LETTERS = ['a', 'b', '/', '\0', '%', '_', '*', "'", '\u007f', '\u0080', '\u07ff', '\u0800', '\ue000', '\uffff'];
const letter = fc.constantFrom(...LETTERS, '\ud7ff', '\u{10000}', '\u{1f511}', '\u{10ffff}');
const key = fc.array(letter, { minLength: 1, maxLength: 3 }).map((letters) => letters.join(''));
const text = fc.array(letter, { maxLength: 3 }).map((letters) => letters.join(''));
const dapp = fc.constantFrom('a', 'b');
const write: fc.Arbitrary<StateWrite> = fc.record({
  key,
  value: fc.oneof(
    { weight: 2, arbitrary: fc.constant(null) },
    { weight: 3, arbitrary: fc.oneof(fc.nat(), fc.constantFrom('', 0, false, [], {}), text) },
  ),
});
const round: fc.Arbitrary<Round> = fc.array(fc.record({ dapp, writes: fc.array(write, { maxLength: 6 }) }), {
  maxLength: 6,
});
const question = fc.record({
  dapp,
  key,
  prefix: text,
  after: fc.option(text),
  limit: fc.integer({ min: 0, max: 5 }),
});

/**
 * What every reader of state promises: the same rows in the same order, whatever it is made of.
 * @param make a state and, where it has layers, a way to end one: what is written later lies above what was before.
 */
export function stateReaderContract(t: Test, make: () => WritableState & { readonly endLayer?: () => void }): void {
  const filled = (rounds: readonly Round[]) => {
    const state = make();
    const model = new Model();
    for (const one of rounds) {
      for (const { dapp, writes } of one) {
        state.write(dapp, writes);
        model.write(dapp, writes);
      }
      state.endLayer?.();
    }
    return { reader: state.reader, model };
  };

  t.test('an empty state', async (t) => {
    const { reader } = make();
    t.equal(reader.read('a', 'x'), null);
    t.strictSame(reader.scan('a', '', null, 10), { rows: [], more: false });
  });

  t.test('dapps do not see into each other', async (t) => {
    const { reader } = filled([[{ dapp: 'a', writes: [{ key: 'x', value: 1 }] }]]);
    t.equal(reader.read('a', 'x'), 1);
    t.equal(reader.read('b', 'x'), null);
    t.strictSame(reader.scan('b', '', null, 10).rows, []);
  });

  t.test('values that look like nothing are values', async (t) => {
    const values = [0, false, '', [], {}, [null], { a: null }];
    const writes = values.map((value, n) => ({ key: `k${n}`, value }));
    const { reader } = filled([[{ dapp: 'a', writes }]]);
    t.strictSame(
      values.map((_, n) => reader.read('a', `k${n}`)),
      values as object,
    );
    t.strictSame(reader.scan('a', '', null, 10).rows, writes as object);
  });

  t.test('keys stand in the order of their UTF-8 bytes', async (t) => {
    const keys = [
      'a',
      'aa',
      '\u007f',
      '\u0080',
      '\u07ff',
      '\u0800',
      '\ud7ff',
      '\ue000',
      '\uffff',
      '\u{10000}',
      '\u{10ffff}',
    ];
    const writes = [...keys].reverse().map((key) => ({ key, value: 1 }));
    const { reader } = filled([[{ dapp: 'a', writes: writes.slice(5) }], [{ dapp: 'a', writes: writes.slice(0, 5) }]]);
    t.strictSame(
      reader.scan('a', '', null, 100).rows.map((row) => row.key),
      keys,
    );
    t.strictSame(
      reader.scan('a', '\u{10ffff}', null, 100).rows.map((row) => row.key),
      ['\u{10ffff}'],
      'the last code point is a prefix too',
    );
    t.strictSame(reader.scan('a', '', '\uffff', 2), {
      rows: [
        { key: '\u{10000}', value: 1 },
        { key: '\u{10ffff}', value: 1 },
      ],
      more: false,
    });
  });

  t.test('after: before, at, within and behind the prefix', async (t) => {
    const keys = ['a', 'b', 'b/1', 'b/2', 'b0', 'c'];
    const { reader } = filled([[{ dapp: 'a', writes: keys.map((key) => ({ key, value: key })) }]]);
    const scan = (after: string | null) => reader.scan('a', 'b/', after, 10).rows.map((row) => row.key);
    for (const after of [null, '', 'a', 'b', 'b/', 'b/0']) t.strictSame(scan(after), ['b/1', 'b/2'], `after ${after}`);
    t.strictSame(scan('b/1'), ['b/2']);
    t.strictSame(scan('b/1x'), ['b/2'], 'a key that is not there');
    for (const after of ['b/2', 'b0', 'z']) t.strictSame(scan(after), [], `after ${after}`);
  });

  t.test('answers as a sorted map does', async (t) => {
    const same = fc.property(
      fc.array(round, { maxLength: 4 }),
      fc.array(question, { maxLength: 12 }),
      (rounds, asked) => {
        const { reader, model } = filled(rounds);
        for (const { dapp, key, prefix, after, limit } of asked) {
          const page = JSON.stringify(reader.scan(dapp, prefix, after, limit));
          if (page !== JSON.stringify(model.scan(dapp, prefix, after, limit))) return false;
          if (JSON.stringify(reader.read(dapp, key)) !== JSON.stringify(model.read(dapp, key))) return false;
        }
        return true;
      },
    );
    t.doesNotThrow(() => fc.assert(same, { numRuns: 300 }));
  });

  t.test('page after page gives every row once', async (t) => {
    const paged = fc.property(
      fc.array(round, { maxLength: 4 }),
      text,
      fc.integer({ min: 1, max: 4 }),
      (rounds, prefix, limit) => {
        const { reader, model } = filled(rounds);
        const rows: StateRow[] = [];
        let after: string | null = null;
        for (;;) {
          const page: StatePage = reader.scan('a', prefix, after, limit);
          rows.push(...page.rows);
          if (!page.more) break;
          after = page.rows.at(-1)?.key ?? null;
        }
        return JSON.stringify(rows) === JSON.stringify(model.rows('a', prefix, null));
      },
    );
    t.doesNotThrow(() => fc.assert(paged, { numRuns: 200 }));
  });
}
