import t, { type Test } from 'tap';
import { EMPTY_STATE, StateOverlay } from '../../src/ledger/overlay.ts';
import type { StateReader, StateWrite } from '../../src/ledger/state.ts';
import { NO_TAGS } from '../../src/store/fold-commit.ts';
import { StateTable } from '../../src/store/states.ts';
import { Transactor } from '../../src/store/transactor.ts';
import { stateReaderContract, type WritableState } from '../contract/state-reader.ts';
import { newDatabase } from '../store/open-store.ts';

/** Each layer that ends becomes the base of the next. */
function layered(base: StateReader): WritableState & { endLayer: () => void } {
  let top = new StateOverlay(base);
  return {
    reader: {
      read: (...args) => top.read(...args),
      scan: (...args) => top.scan(...args),
    },
    write: (dapp, writes) => top.apply(dapp, writes),
    endLayer: () => {
      top = new StateOverlay(top);
    },
  };
}

function tableWriter(t: Test) {
  const database = newDatabase(t);
  // What is read is tested here, not what a power cut leaves.
  database.pragma('synchronous = OFF');
  const transactor = new Transactor(database);
  let arrival = 0;
  return {
    table: new StateTable(database),
    clear: () => {
      for (const table of ['state', 'gone', 'version', 'outcome', 'fold']) database.exec(`DELETE FROM ${table}`);
    },
    write: (dapp: string, writes: readonly StateWrite[]) => {
      arrival += 1;
      const at = { wallMs: 0, quality: 'synced' } as const;
      const entry = { arrival, index: 0, dapp, kind: 'k', tags: NO_TAGS, outcome: { ok: true, writes }, at } as const;
      transactor.commitFold({ arrival, played: [entry], waiting: [], erased: [] });
    },
  };
}

t.test('over nothing', async (t) => {
  stateReaderContract(t, () => {
    const overlay = new StateOverlay(EMPTY_STATE);
    return { reader: overlay, write: (dapp, writes) => overlay.apply(dapp, writes) };
  });
});

t.test('in layers over nothing', async (t) => stateReaderContract(t, () => layered(EMPTY_STATE)));

t.test('in layers over a table', async (t) => {
  const { table, clear, write } = tableWriter(t);
  stateReaderContract(t, () => {
    clear();
    const layers = layered(table);
    let isBase = true;
    return {
      reader: layers.reader,
      // The first round goes to disk, the others above it.
      write: (dapp, writes) => (isBase ? write(dapp, writes) : layers.write(dapp, writes)),
      endLayer: () => {
        isBase = false;
        layers.endLayer();
      },
    };
  });
});

t.test('leaves its base as it is, and tells every change once', async (t) => {
  const base = new StateOverlay(EMPTY_STATE);
  base.apply('a', [
    { key: 'kept', value: 1 },
    { key: 'gone', value: 2 },
  ]);
  const top = new StateOverlay(base);
  top.apply('a', [{ key: 'gone', value: null }]);
  top.apply('a', [{ key: 'new', value: 3 }]);
  top.apply('a', [{ key: 'new', value: 4 }]);
  top.apply('b', []);
  t.strictSame(
    [...top.changes()],
    [
      {
        dapp: 'a',
        writes: [
          { key: 'gone', value: null },
          { key: 'new', value: 4 },
        ],
      },
      { dapp: 'b', writes: [] },
    ],
  );
  t.equal(base.read('a', 'gone'), 2);
  t.equal(base.read('a', 'new'), null);
  t.equal(top.read('a', 'gone'), null);
  t.strictSame(top.scan('a', '', null, 9).rows, [
    { key: 'kept', value: 1 },
    { key: 'new', value: 4 },
  ]);
});

t.test('a scan asks its base for pages, not for everything', async (t) => {
  const asked: number[] = [];
  const endless: StateReader = {
    read: () => null,
    scan: (_dapp, _prefix, after, limit) => {
      asked.push(limit);
      const from = after === null ? 0 : Number(after) + 1;
      return {
        rows: Array.from({ length: limit }, (_, n) => ({ key: `${from + n}`.padStart(6, '0'), value: n })),
        more: true,
      };
    },
  };
  const overlay = new StateOverlay(endless);
  overlay.apply('a', [{ key: '000001', value: null }]);
  const page = overlay.scan('a', '', null, 3);
  t.strictSame(
    page.rows.map((row) => row.key),
    ['000000', '000002', '000003'],
  );
  t.equal(page.more, true);
  t.ok(asked.length <= 2 && asked.every((limit) => limit <= 4), `asked for ${asked.join(', ')} rows`);
});
