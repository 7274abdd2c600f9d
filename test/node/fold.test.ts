import { dirname, join } from 'node:path';
import DatabaseConstructor, { type Database } from 'better-sqlite3';
import t, { type Test } from 'tap';
import { CodedError } from '../../src/base/errors.ts';
import type { Json } from '../../src/base/json.ts';
import {
  DAPP_RESTART_DELAY_MS_MAX,
  ENTRY_TRIES_MAX,
  FOLD_BLOCKS_MAX,
  FOLD_RETRY_DELAY_MS_MIN,
} from '../../src/base/limits.ts';
import { type Block, encodeBlock } from '../../src/format/block.ts';
import { bodyHash } from '../../src/format/body.ts';
import { idText } from '../../src/format/ids.ts';
import { writeBlock } from '../../src/ledger/authoring.ts';
import { type EntryCall, type Outcome, refused } from '../../src/ledger/outcome.ts';
import type { StateReader } from '../../src/ledger/state.ts';
import { startDapps } from '../../src/node/dapps.ts';
import { type ChangedKeys, Fold } from '../../src/node/fold.ts';
import { createJudge, type Judge } from '../../src/node/judge.ts';
import { createProcessRunner } from '../../src/sandbox/process-runner.ts';
import { BlockReader } from '../../src/store/blocks.ts';
import type { EntryPlace } from '../../src/store/fold-commit.ts';
import { Journal } from '../../src/store/journal.ts';
import { StateTable } from '../../src/store/states.ts';
import { Transactor } from '../../src/store/transactor.ts';
import { memoryLog } from '../contract/line-protocol.ts';
import { CAPS, draft, keyOf, newHolding, seal, seededRandomness, TIME } from '../ledger/written-chain.ts';
import { newDatabase } from '../store/open-store.ts';
import { ScriptedClock } from './scripted-clock.ts';

type Play = (call: EntryCall, state: StateReader) => Outcome | Promise<Outcome>;
const OK: Outcome = { ok: true, writes: [] };
const down = (code: string) => new CodedError(code, 'it fell over', { fields: { reason: 'x' } });

/** A ledger on disk with its root, and folds over it, one after the other. */
function ledger(t: Test) {
  const database = newDatabase(t);
  const transactor = new Transactor(database);
  const { founder, holding, root } = newHolding();
  transactor.append([{ ...root, pulses: [] }]);
  const parts = {
    transactor,
    blocks: new BlockReader(database),
    journal: new Journal(database),
    state: new StateTable(database),
    caps: CAPS,
  };
  return {
    ...parts,
    database,
    root: { arrival: 1, index: 0 },
    append(...drafts: readonly Parameters<typeof draft>[]): EntryPlace[] {
      const block = founder.write(
        holding,
        drafts.map((one) => draft(...one)),
      );
      const [arrival = 0] = transactor.append([{ ...block, pulses: [] }]);
      return drafts.map((_, index) => ({ arrival, index }));
    },
    foldWith(judge: Judge, onCommit: (changed: ChangedKeys) => void = () => {}) {
      const clock = new ScriptedClock();
      const log = memoryLog();
      const fold = new Fold({ ...parts, judge, clock, log }, onCommit);
      t.teardown(() => fold.stop());
      /** What waits is due now, and is played. */
      const again = (): Promise<void> => {
        clock.fire();
        return fold.settled();
      };
      return { fold, clock, log, again };
    },
    outcomes: () =>
      parts.journal.outcomes(0, 9_999).map(({ arrival, index, ok, code }) => `${arrival}/${index} ${ok ? 'ok' : code}`),
    waiting: () =>
      parts.journal.waiting().map(({ arrival, index, tries, code }) => `${arrival}/${index} ${tries} ${code}`),
  };
}

/** Plays the root well, and everything else as the test says; keeps what it was asked. */
function scripted(play: Play): Judge & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async play(call, state) {
      asked.push(`${call.kind} ${JSON.stringify(call.body)}`);
      return call.kind === 'root' ? OK : await play(call, state);
    },
  };
}

t.test('entries are played in order, each seeing what those before it made', async (t) => {
  const { foldWith, append, outcomes, state, journal } = ledger(t);
  append(['a'], ['b']);
  append(['c']);
  const seen: Json[] = [];
  const judge = scripted(({ body }, now) => {
    const before = now.read('journal', 'all');
    seen.push(before);
    return { ok: true, writes: [{ key: 'all', value: `${before ?? ''}${body}` }] };
  });
  const commits: ChangedKeys[] = [];
  const { fold, clock } = foldWith(judge, (changed) => commits.push(changed));
  await fold.settled();
  t.strictSame(judge.asked, ['root {"name":"mesh"}', 'note "a"', 'note "b"', 'note "c"']);
  t.strictSame(seen, [null, 'a', 'ab']);
  t.strictSame(outcomes(), ['1/0 ok', '2/0 ok', '2/1 ok', '3/0 ok']);
  t.equal(state.read('journal', 'all'), 'abc');
  t.strictSame(
    commits,
    [
      new Map([
        ['mesh', []],
        ['journal', ['all']],
      ]),
    ],
    'one commit, its keys told',
  );
  t.equal(journal.outcomes(0, 9)[3]?.at.wallMs, clock.wallMs);
  await fold.settled();
  t.equal(commits.length, 1, 'nothing new, no commit');
  append(['d']);
  await fold.settled();
  t.equal(state.read('journal', 'all'), 'abcd');
  t.equal(judge.asked.length, 5, 'nothing twice');
});

t.test('the call says who and what', async (t) => {
  const { foldWith, append, blocks } = ledger(t);
  const calls: EntryCall[] = [];
  append([{ a: 1 }, 'grant', 'door']);
  const key = Buffer.from(keyOf('founder').publicKey).toString('hex');
  const judge: Judge = {
    async play(call) {
      calls.push(call);
      if (call.kind !== 'root') return OK;
      const writes = [
        { key: `key/${key}`, value: { principal: 'ada', node: null } },
        { key: 'role/ada', value: { roles: ['b', 'a'] } },
      ];
      return { ok: true, writes };
    },
  };
  await foldWith(judge).fold.settled();
  t.match(calls[0], { author: { key, principal: null, node: null }, roles: [] }, 'before anybody is known');
  const [, block] = blocks.after(0, 2);
  t.match(calls[1], {
    dapp: 'door',
    ver: '0.1.0',
    kind: 'grant',
    re: null,
    body: { a: 1 },
    block: block?.id,
    index: 0,
  });
  t.match(calls[1], { author: { key, principal: 'ada' }, roles: ['a', 'b'] });
});

t.test('a refusal is an outcome, and told', async (t) => {
  const { foldWith, append, outcomes, state } = ledger(t);
  const [place] = append(['a']) as [EntryPlace];
  const { fold } = foldWith(scripted(() => refused('not_today', 'come back tomorrow')));
  await fold.settled();
  t.strictSame(outcomes(), ['1/0 ok', '2/0 not_today']);
  t.strictSame(fold.outcomeOf(place), { ok: false, code: 'not_today', message: 'come back tomorrow' });
  t.strictSame(state.scan('journal', '', null, 9).rows, []);
});

t.test('a dapp that fails: its entries wait, those of others go on', async (t) => {
  const { foldWith, append, outcomes, waiting, state } = ledger(t);
  append(['a', 'note', 'bad'], ['b', 'note', 'good'], ['c', 'note', 'bad']);
  append(['d', 'note', 'bad'], ['e', 'note', 'good']);
  let isWell = false;
  const judge = scripted(({ dapp, body }) => {
    if (dapp === 'bad' && !isWell) throw down('dapp_exited');
    return { ok: true, writes: [{ key: String(body), value: 1 }] };
  });
  const { fold, clock, log } = foldWith(judge);
  await fold.settled();
  t.strictSame(outcomes(), ['1/0 ok', '2/1 ok', '3/1 ok']);
  t.strictSame(waiting(), ['2/0 1 dapp_exited', '2/2 0 dapp_waiting', '3/0 0 dapp_waiting']);
  t.strictSame(
    judge.asked.slice(1),
    ['note "a"', 'note "b"', 'note "e"'],
    'once down, it is not asked again in this run',
  );
  t.match(log.lines, [{ level: 'warn', dapp: 'bad', kind: 'note', code: 'dapp_exited', tries: 1, reason: 'x' }]);
  t.throws(() => fold.outcomeOf({ arrival: 2, index: 2 }), { code: 'entry_waiting' });
  isWell = true;
  clock.fire();
  await fold.settled();
  t.strictSame(outcomes().slice(3), ['2/0 ok', '2/2 ok', '3/0 ok'], 'in the order in which they arrived');
  t.strictSame(waiting(), []);
  t.equal(clock.pending, 0);
  t.equal(state.read('bad', 'd'), 1);
});

t.test('an entry on which its dapp fails again and again is refused, and the rest goes on', async (t) => {
  const { foldWith, append, outcomes, waiting } = ledger(t);
  append(['poison'], ['after']);
  const judge = scripted(({ body }) => {
    if (body === 'poison') throw down('dapp_timeout');
    return OK;
  });
  const { fold, clock } = foldWith(judge);
  await fold.settled();
  for (let tries = 1; tries < ENTRY_TRIES_MAX; tries += 1) {
    t.strictSame(waiting(), [`2/0 ${tries} dapp_timeout`, '2/1 0 dapp_waiting']);
    clock.fire();
    await fold.hold(async () => {});
    if (tries + 1 < ENTRY_TRIES_MAX) continue;
    t.strictSame(outcomes(), ['1/0 ok', '2/0 dapp_failed', '2/1 ok']);
  }
  t.equal(judge.asked.filter((one) => one === 'note "poison"').length, ENTRY_TRIES_MAX);
  t.match(fold.outcomeOf({ arrival: 2, index: 0 }), { code: 'dapp_failed', message: /3 times.*dapp_timeout/ });
  t.strictSame(waiting(), []);
});

t.test('only what a dapp did with the entry before it counts as a try', async (t) => {
  for (const code of [
    'dapp_start_failed',
    'dapp_stopped',
    'contract_busy',
    'rpc_busy',
    'cbor_break',
    'store_damaged',
  ]) {
    const { foldWith, append, waiting, outcomes } = ledger(t);
    append(['a']);
    let isWell = false;
    const { again } = foldWith(
      scripted(() => {
        if (!isWell) throw down(code);
        return OK;
      }),
    );
    for (let times = 0; times < 3 * ENTRY_TRIES_MAX; times += 1) await again();
    t.strictSame(waiting(), [`2/0 0 ${code}`], code);
    isWell = true;
    await again();
    t.strictSame(outcomes(), ['1/0 ok', '2/0 ok']);
  }
  for (const code of ['dapp_timeout', 'dapp_exited', 'dapp_protocol', 'dapp_overflow']) {
    const { foldWith, append, outcomes } = ledger(t);
    append(['a']);
    const { again } = foldWith(
      scripted(() => {
        throw down(code);
      }),
    );
    for (let times = 0; times < ENTRY_TRIES_MAX; times += 1) await again();
    t.strictSame(outcomes(), ['1/0 ok', '2/0 dapp_failed'], code);
  }
});

t.test('tries outlive the process', async (t) => {
  const { foldWith, append, waiting, outcomes } = ledger(t);
  append(['a'], ['b']);
  const failing = scripted(({ body }) => {
    if (body === 'a') throw down('dapp_exited');
    return OK;
  });
  for (let tries = 1; tries < ENTRY_TRIES_MAX; tries += 1) {
    const { fold } = foldWith(failing);
    await fold.settled();
    await fold.stop();
    t.strictSame(waiting(), [`2/0 ${tries} dapp_exited`, '2/1 0 dapp_waiting'], `process ${tries}`);
  }
  await foldWith(failing).fold.settled();
  t.strictSame(outcomes(), ['1/0 ok', '2/0 dapp_failed', '2/1 ok']);
});

t.test('retries come later and later, and at once again after a good run', async (t) => {
  const { foldWith, append } = ledger(t);
  append(['a']);
  let isWell = false;
  const judge = scripted(() => {
    if (!isWell) throw down('dapp_start_failed');
    return OK;
  });
  const { fold, clock } = foldWith(judge);
  await fold.settled();
  for (let times = 0; times < 7; times += 1) {
    t.equal(clock.pending, 1, 'one at a time');
    clock.fire();
    await fold.hold(async () => {});
  }
  const s = FOLD_RETRY_DELAY_MS_MIN;
  t.strictSame(clock.delays, [
    s,
    2 * s,
    4 * s,
    8 * s,
    16 * s,
    DAPP_RESTART_DELAY_MS_MAX,
    DAPP_RESTART_DELAY_MS_MAX,
    DAPP_RESTART_DELAY_MS_MAX,
  ]);
  isWell = true;
  clock.fire();
  await fold.hold(async () => {});
  t.equal(clock.pending, 0);
  isWell = false;
  append(['b']);
  await fold.settled();
  t.equal(clock.delays.at(-1), s);
});

t.test('a body that nobody can read is refused; it stops nothing', async (t) => {
  const { foldWith, append, transactor, blocks, outcomes, journal } = ledger(t);
  const key = keyOf('stranger');
  const bodies = ['', 'ff', '1817', 'f93c00', 'd82a40', '5f', '0000', 'a0a0'].map(
    (hex) => new Uint8Array(Buffer.from(hex, 'hex')),
  );
  for (const bytes of bodies) {
    const place = blocks.placeFor(key.publicKey, CAPS.parentsMax);
    const life = new Uint8Array(16);
    const written = writeBlock(place, { author: key.publicKey, life }, [draft()], TIME, seededRandomness('b'));
    const { encoded } = written;
    const [entry] = encoded.block.entries;
    const salt = new Uint8Array(16);
    const body = { salt, bytes };
    const spoiled = { ...encoded.block, entries: [{ ...entry, size: bytes.length, body: bodyHash(body) }] } as Block;
    transactor.append([{ ...seal({ encoded: encodeBlock(spoiled), bodies: [body] }, key), pulses: [] }]);
  }
  const last = append(['after']);
  const judge = scripted(() => OK);
  const { fold } = foldWith(judge);
  await fold.settled();
  t.strictSame(judge.asked.slice(1), ['note "after"']);
  t.strictSame(
    outcomes()
      .slice(1, -1)
      .map((one) => one.split(' ')[1]),
    bodies.map(() => 'body_invalid'),
  );
  t.strictSame(fold.outcomeOf(last[0] as EntryPlace), OK);
  t.equal(journal.foldedTo(), bodies.length + 2);
});

t.test('more blocks than one run takes, and more while it runs', async (t) => {
  const { foldWith, append, outcomes, journal } = ledger(t);
  const blocks = 2 * FOLD_BLOCKS_MAX + 5;
  for (let n = 0; n < blocks; n += 1) append([n]);
  let isFirst = true;
  const { fold } = foldWith(
    scripted(() => {
      if (isFirst) {
        append(['late']);
        fold.wake();
      }
      isFirst = false;
      return OK;
    }),
  );
  await fold.settled();
  t.equal(outcomes().length, blocks + 2);
  t.equal(journal.foldedTo(), blocks + 2);
});

t.test('a wake at any moment is never lost', async (t) => {
  for (let turns = 0; turns < 24; turns += 1) {
    const { foldWith, append, outcomes } = ledger(t);
    let isTold = false;
    const { fold } = foldWith(
      scripted(() => OK),
      () => {
        if (isTold) return;
        isTold = true;
        // So many turns of the queue after the commit: before, while and after the fold looks for the last time.
        let late = Promise.resolve();
        for (let turn = 0; turn < turns; turn += 1) late = late.then(() => {});
        void late.then(() => {
          append(['late']);
          fold.wake();
        });
      },
    );
    fold.wake();
    // Nothing here waits for a timer or the disk: whatever will be played by itself is played by then.
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    t.strictSame(outcomes(), ['1/0 ok', '2/0 ok'], `${turns} turns after the commit`);
  }
});

t.test('while it is held nothing is played; afterwards everything is', async (t) => {
  const { foldWith, append, outcomes } = ledger(t);
  const { fold } = foldWith(scripted(() => OK));
  await fold.settled();
  const let_go = Promise.withResolvers<string>();
  const held = fold.hold(() => let_go.promise);
  append(['a']);
  fold.wake();
  const settled = fold.settled();
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  t.strictSame(outcomes(), ['1/0 ok']);
  let_go.resolve('result');
  t.equal(await held, 'result');
  await settled;
  t.strictSame(outcomes(), ['1/0 ok', '2/0 ok']);
});

t.test('a hold waits for the entry in play, and one hold for another', async (t) => {
  const { foldWith, append } = ledger(t);
  append(['a']);
  const events: string[] = [];
  const verdict = Promise.withResolvers<Outcome>();
  const asked = Promise.withResolvers<void>();
  const { fold } = foldWith(
    scripted(async () => {
      asked.resolve();
      const outcome = await verdict.promise;
      events.push('played');
      return outcome;
    }),
  );
  fold.wake();
  await asked.promise;
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const first = fold.hold(async () => {
    events.push('first begins');
    await turn();
    events.push('first ends');
  });
  const second = fold.hold(async () => void events.push('second'));
  await turn();
  t.strictSame(events, []);
  verdict.resolve(OK);
  await Promise.all([first, second]);
  t.strictSame(events, ['played', 'first begins', 'first ends', 'second']);
});

t.test('a hold whose task fails lets go', async (t) => {
  const { foldWith, append, outcomes } = ledger(t);
  const { fold } = foldWith(scripted(() => OK));
  await t.rejects(
    fold.hold(async () => {
      append(['a']);
      fold.wake();
      throw new RangeError('task');
    }),
    RangeError,
  );
  await fold.settled();
  t.strictSame(outcomes(), ['1/0 ok', '2/0 ok']);
});

t.test('stopped, it ends after the block in play and starts nothing more', async (t) => {
  const { foldWith, append, outcomes, journal } = ledger(t);
  append(['a']);
  append(['b']);
  const asked = Promise.withResolvers<void>();
  const verdict = Promise.withResolvers<Outcome>();
  const judge = scripted(async () => {
    asked.resolve();
    return await verdict.promise;
  });
  const { fold, clock } = foldWith(judge);
  fold.wake();
  await asked.promise;
  const stopped = fold.stop();
  verdict.resolve(OK);
  await stopped;
  t.strictSame(outcomes(), ['1/0 ok', '2/0 ok'], 'what was played is kept');
  t.equal(journal.foldedTo(), 2);
  fold.wake();
  await fold.settled();
  t.equal(judge.asked.length, 2);
  await fold.stop();
  t.equal(clock.pending, 0);
  await foldWith(scripted(() => OK)).fold.settled();
  t.strictSame(outcomes(), ['1/0 ok', '2/0 ok', '3/0 ok'], 'the next process goes on from there');
});

t.test('stopped while its dapp is down, no timer keeps the process alive', async (t) => {
  const { foldWith, append } = ledger(t);
  append(['a']);
  const asked = Promise.withResolvers<void>();
  const verdict = Promise.withResolvers<Outcome>();
  const { fold, clock } = foldWith(
    scripted(() => {
      asked.resolve();
      return verdict.promise;
    }),
  );
  fold.wake();
  await asked.promise;
  const stopped = fold.stop();
  verdict.reject(down('dapp_timeout'));
  await stopped;
  t.equal(clock.pending, 0);
});

t.test('a bug in a judge is not an outcome: nothing of the run is kept', async (t) => {
  const { foldWith, append, outcomes } = ledger(t);
  append(['a']);
  let isBroken = true;
  const { fold } = foldWith(
    scripted(() => {
      if (isBroken) throw new TypeError('a bug');
      return OK;
    }),
  );
  await t.rejects(fold.settled(), TypeError);
  t.strictSame(outcomes(), []);
  isBroken = false;
  await fold.settled();
  t.strictSame(outcomes(), ['1/0 ok', '2/0 ok']);
});

const FIXTURES = join(import.meta.dirname, '../fixtures/dapps');
const runner = createProcessRunner({ path: `${dirname(process.execPath)}:/usr/bin:/bin`, stopMs: 200 });

/** A fold whose judge asks the hostile dapp, in its own process. */
async function withHostile(t: Test, one: ReturnType<typeof ledger>) {
  const log = memoryLog();
  const dapps = await startDapps(['hostile'], FIXTURES, idText(one.blocks.mesh), runner, log);
  t.teardown(() => dapps.stop());
  return { dapps, ...one.foldWith(createJudge(dapps, one.blocks.mesh)) };
}

t.test('a real dapp that crashes on one entry', async (t) => {
  const one = ledger(t);
  const act = (body: Json): Parameters<typeof draft> => [body, 'act', 'hostile'];
  one.append(
    act({
      do: 'raw',
      raw: '{"jsonrpc":"2.0","id":ID,"result":{"ok":true,"writes":[{"key":"a","value":1}],"events":[],"then":[]}}',
    }),
  );
  one.append(act({ do: 'exit' }), act({ do: 'refuse' }), ['x', 'note', 'nobody']);
  one.append(act({ do: 'good' }));
  const { fold, dapps, again } = await withHostile(t, one);
  await fold.settled();
  // The root of this ledger is none that `mesh` knows.
  t.strictSame(one.outcomes(), ['1/0 body_invalid', '2/0 ok', '3/2 no_dapp']);
  t.strictSame(one.waiting(), ['3/0 1 dapp_exited', '3/1 0 dapp_waiting', '4/0 0 dapp_waiting']);
  await fold.settled();
  t.strictSame(one.waiting()[0], '3/0 1 dapp_exited', 'not before its time');
  await again();
  t.strictSame(one.waiting(), ['3/0 2 dapp_exited', '3/1 0 dapp_waiting', '4/0 0 dapp_waiting']);

  // Node and dapp go, and come back.
  await fold.stop();
  await dapps.stop();
  const next = await withHostile(t, one);
  await next.fold.settled();
  t.strictSame(one.outcomes().slice(3), ['3/0 dapp_failed', '3/1 not_today', '4/0 ok']);
  t.strictSame(one.waiting(), []);
  t.equal(one.state.read('hostile', 'a'), 1);
});

t.test('what a real dapp does wrong to an entry never stops the entries of others', async (t) => {
  const one = ledger(t);
  const deeds = ['half', 'giant_line', 'bad_utf8', 'abort', 'flood_notifications', 'close_output'];
  // A good one between, or the pauses before a restart would grow and grow.
  for (const deed of deeds) {
    one.append([{ do: deed }, 'act', 'hostile'], ['x', 'note', 'nobody'], [{ do: 'good' }, 'act', 'hostile']);
  }
  one.append([{ do: 7 }, 'act', 'hostile'], [{}, 'no.kind', 'hostile']);
  const { fold, again } = await withHostile(t, one);
  await fold.settled();
  t.equal(one.outcomes().filter((outcome) => outcome.endsWith('no_dapp')).length, deeds.length, 'at once');
  for (let times = 0; times < deeds.length * ENTRY_TRIES_MAX; times += 1) await again();
  t.strictSame(one.waiting(), []);
  const ends = one
    .outcomes()
    .slice(1 + deeds.length)
    .map((outcome) => outcome.split(' ')[1]);
  t.strictSame(ends, [...deeds.flatMap(() => ['dapp_failed', 'ok']), 'body_invalid', 'kind_unknown']);
});

/** Until the trigger `full` is dropped. */
function fillDisk(database: Database): void {
  database.pragma('trusted_schema = ON');
  database.function('refuse', () => {
    throw new DatabaseConstructor.SqliteError('no room', 'SQLITE_FULL');
  });
  database.exec('CREATE TRIGGER full BEFORE INSERT ON outcome BEGIN SELECT refuse(); END');
}

t.test('a disk that refuses: nothing is kept, nothing is lost, and it is played again later', async (t) => {
  const { foldWith, append, outcomes, database } = ledger(t);
  append(['a']);
  fillDisk(database);
  const judge = scripted(() => OK);
  const { fold, clock, log } = foldWith(judge);
  await fold.settled();
  t.strictSame(outcomes(), []);
  t.match(log.lines, [{ level: 'warn', code: 'store_full', message: /no room/ }]);
  t.equal(clock.pending, 1);
  database.exec('DROP TRIGGER full');
  clock.fire();
  await fold.hold(async () => {});
  t.strictSame(outcomes(), ['1/0 ok', '2/0 ok']);
  t.equal(clock.pending, 0);
});

t.test('stopped while the disk refuses, no timer keeps the process alive', async (t) => {
  const { foldWith, append, database } = ledger(t);
  append(['a']);
  fillDisk(database);
  const asked = Promise.withResolvers<void>();
  const verdict = Promise.withResolvers<Outcome>();
  const { fold, clock } = foldWith(
    scripted(() => {
      asked.resolve();
      return verdict.promise;
    }),
  );
  fold.wake();
  await asked.promise;
  const stopped = fold.stop();
  verdict.resolve(OK);
  await stopped;
  t.equal(clock.pending, 0);
});
