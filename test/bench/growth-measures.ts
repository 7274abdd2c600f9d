import { assert } from '../../src/base/assert.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { parseCredential } from '../../src/devices/credential-text.ts';
import { SEED_BYTES, signingKey } from '../../src/format/ed25519.ts';
import { hashedViews } from '../../src/node/hashed-views.ts';
import { OPERATIONS } from '../../src/node/operations/operations.ts';
import type { Space } from '../../src/node/space.ts';
import { systemRandomness } from '../../src/node/system.ts';
import { cardOf, DOORS, History, type HistoryShape, HistoryWriter, memberId, mixed } from './growth-history.ts';

const APPENDS = 64;
const PLAYED = 32;
const ADMITTED = 64;
const READS = 2_000;
const SCANS = 500;
const SCAN_ROWS = 8;
const LOGS = 16;
const LOG_ROWS = 50;
/** As many as a member has even in a history of a thousand entries. */
const MEMBER_ROWS = 5;
const SINCE_ROWS = 200;
const DECISIONS = 100;

/** One kind of work on an open space; each run gives how many a second. */
export interface Measure {
  readonly name: string;
  /** What one of them is. */
  readonly what: string;
  readonly run: (subject: Subject) => Promise<number>;
}

/** A space with a history, opened to be measured. It grows by what is appended meanwhile: some hundred entries. */
export class Subject {
  readonly space: Space;
  readonly shape: HistoryShape;
  readonly history: History;
  /** Signs what is admitted; somebody whom the mesh does not know, so that nothing of it takes effect. */
  readonly stranger: HistoryWriter;
  #next: number;

  constructor(space: Space, shape: HistoryShape, entries: number) {
    this.space = space;
    this.shape = shape;
    this.history = new History(shape, space);
    const key = signingKey(systemRandomness.bytes(SEED_BYTES));
    this.stranger = new HistoryWriter(space, this.history, { office: key, board: key });
    this.#next = entries;
  }

  /** A number that was not given before: of an entry to come, or of a random choice. */
  next(): number {
    this.#next += 1;
    return this.#next;
  }

  member(): string {
    return memberId(mixed(this.next()) % this.shape.members);
  }

  /** The body of a fact that was not written yet. */
  fact(): { readonly kind: string; readonly body: JsonObject } {
    const { kind, body } = this.history.entry(this.history.furnishing + this.next()).draft;
    return { kind, body: body as JsonObject };
  }

  /** Reads a page of the log; every row of it has to be wanted. */
  async log(params: JsonObject, rowsMin: number, isWanted: (row: LogRow) => boolean = () => true): Promise<void> {
    const read = OPERATIONS['log.read'];
    assert(read !== undefined, 'log.read is an operation');
    const context = { space: this.space, randomness: systemRandomness, progress: () => {} };
    const { rows } = (await read(context, params)) as unknown as { readonly rows: readonly LogRow[] };
    assert(rows.length >= rowsMin, `the log gives a page: ${JSON.stringify(params)}, ${rows.length} rows`);
    assert(rows.every(isWanted), `the log gives what was asked for: ${JSON.stringify(params)}`);
  }
}

interface LogRow {
  readonly body: JsonObject;
  readonly playedMs: number;
}

export const MEASURES: readonly Measure[] = [
  { name: 'append', what: 'one block of one fact, on disk, the fold held', run: append },
  { name: 'played', what: 'one fact appended, judged by its dapp, its outcome on disk', run: played },
  { name: 'admit', what: 'one block of one entry from elsewhere, 64 in a batch, the fold held', run: admit },
  { name: 'read', what: 'one key of the state', run: read },
  { name: 'scan', what: "a page of one member's cards", run: scan },
  { name: 'log_last', what: 'the last 50 entries of the log', run: logLast },
  { name: 'log_door', what: 'the last 50 entries of the log about one door', run: logDoor },
  { name: 'log_member', what: 'the last 5 entries of the log about one member', run: logMember },
  { name: 'log_since', what: 'the first 50 entries of the log since a moment near its end', run: logSince },
  { name: 'decide', what: 'a decision of the door about a card, by its dapp', run: decide },
];

async function append(subject: Subject): Promise<number> {
  const { space } = subject;
  const facts = Array.from({ length: APPENDS }, () => subject.fact());
  return await space.fold.hold(() =>
    rate(APPENDS, async () => {
      for (const { kind, body } of facts) await space.appendFact('door', kind, body);
    }),
  );
}

async function played(subject: Subject): Promise<number> {
  const { space } = subject;
  await space.fold.settled();
  return await rate(PLAYED, async () => {
    for (let turn = 0; turn < PLAYED; turn += 1) {
      const { kind, body } = subject.fact();
      await space.appendFact('door', kind, body);
      await space.fold.settled();
    }
  });
}

async function admit(subject: Subject): Promise<number> {
  const { space, history, stranger } = subject;
  const from = history.furnishing + subject.next();
  const blocks = stranger.blocks(from, from + ADMITTED, 1);
  return await space.fold.hold(() =>
    rate(ADMITTED, async () => {
      const count = await space.writer.admit(blocks);
      assert(count === ADMITTED, 'every block is new');
    }),
  );
}

async function read(subject: Subject): Promise<number> {
  const keys = Array.from({ length: READS }, (_, at) =>
    at % 4 === 0 ? ['door', `door/${DOORS[at % DOORS.length]}-door`] : ['membership', `member/${subject.member()}`],
  );
  return await rate(READS, async () => {
    for (const [dapp = '', key = ''] of keys) assert(subject.space.state.read(dapp, key) !== null, `${key} is there`);
  });
}

async function scan(subject: Subject): Promise<number> {
  const prefixes = Array.from({ length: SCANS }, () => `held/${subject.member()}/`);
  return await rate(SCANS, async () => {
    for (const prefix of prefixes) {
      const page = subject.space.state.scan('membership', prefix, null, SCAN_ROWS);
      assert(page.rows.length === 1, 'a member has a card');
    }
  });
}

async function logLast(subject: Subject): Promise<number> {
  await subject.space.fold.settled();
  return await rate(LOGS, async () => {
    for (let turn = 0; turn < LOGS; turn += 1) await subject.log({ last: LOG_ROWS }, LOG_ROWS);
  });
}

async function logDoor(subject: Subject): Promise<number> {
  await subject.space.fold.settled();
  return await rate(LOGS, async () => {
    for (let turn = 0; turn < LOGS; turn += 1) {
      const door = `${DOORS[turn % DOORS.length]}-door`;
      await subject.log({ last: LOG_ROWS, door }, LOG_ROWS, ({ body }) => body.door === door);
    }
  });
}

async function logMember(subject: Subject): Promise<number> {
  await subject.space.fold.settled();
  return await rate(LOGS, async () => {
    for (let turn = 0; turn < LOGS; turn += 1) {
      const member = subject.member();
      await subject.log({ last: MEMBER_ROWS, member }, 1, ({ body }) => body.member === member);
    }
  });
}

async function logSince(subject: Subject): Promise<number> {
  const { space } = subject;
  await space.fold.settled();
  const { position } = space.journal.fold();
  const sinceMs = space.journal.outcomeAt(position - SINCE_ROWS).at.wallMs;
  return await rate(LOGS, async () => {
    for (let turn = 0; turn < LOGS; turn += 1) {
      await subject.log({ position: 0, limit: LOG_ROWS, sinceMs }, LOG_ROWS, ({ playedMs }) => playedMs >= sinceMs);
    }
  });
}

async function decide(subject: Subject): Promise<number> {
  const { space, shape } = subject;
  const { wallMs, quality } = space.clock.now();
  const asked = Array.from({ length: DECISIONS }, () => {
    const number = mixed(subject.next());
    const views = hashedViews(parseCredential(cardOf(number % shape.members)), space.badgeKeys);
    const at = { ms: wallMs, quality };
    return { door: `${DOORS[number % DOORS.length]}-door`, views: views.map((view) => ({ ...view })), at };
  });
  return await rate(DECISIONS, async () => {
    for (const params of asked) {
      const decision = (await space.query('door', 'decide', params)) as JsonObject;
      assert(decision.granted === true, `a member may enter: ${JSON.stringify(decision)}`);
    }
  });
}

async function rate(count: number, task: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await task();
  return (count * 1000) / (performance.now() - startMs);
}
