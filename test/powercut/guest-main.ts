import { execFileSync } from 'node:child_process';
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import DatabaseConstructor, { type Database } from 'better-sqlite3';
import { toHex } from '../../src/base/bytes.ts';
import { MESH } from '../../src/ledger/mesh/keys.ts';
import { openSpace, type Space } from '../../src/node/space.ts';
import { bootId, systemClock, systemRandomness } from '../../src/node/system.ts';
import { verifySpace } from '../../src/node/verify.ts';
import { createProcessRunner } from '../../src/sandbox/process-runner.ts';
import type { Runner } from '../../src/sandbox/runner.ts';

/**
 * Runs in the machine whose power is cut: tells what the ledger holds and whether it verifies, then appends from
 * several sides and tells of each append once it is acknowledged. `README.md` lists the lines it says.
 */

const RELEASE = join(import.meta.dirname, '../..');
const DAPPS = ['membership', 'door'];
const PAGE = 256;
const COMMANDERS = 2;
const BOARDS = 3;
/** A life that nothing cuts rests after so many, so that the ledger grows by a bounded amount. */
const ACKNOWLEDGED_A_LIFE_MAX = 400;
const LOG_LINE_CHARS_MAX = 500;

/** A line of ours; never part of one, for it is one write. */
function say(word: string, ...rest: readonly (string | number)[]): void {
  writeSync(1, `bm:${[word, ...rest].join(' ')}\n`);
}

/**
 * The connection that appends, which says how it syncs. The proofs that the suite can go red take FULL from it here,
 * where the release cannot: nothing in `src` opens a ledger without.
 */
function watchSync(sync: string): () => Database {
  const opened: { database: Database | null } = { database: null };
  const { prototype } = DatabaseConstructor;
  const { transaction } = prototype;
  prototype.transaction = function (this: Database, ...words: Parameters<typeof transaction>) {
    opened.database = this;
    if (sync === 'off' || sync === 'normal') this.pragma(`synchronous = ${sync}`);
    return transaction.apply(this, words);
  } as typeof transaction;
  return () => {
    if (opened.database === null) throw new Error('nothing has opened the ledger for writing');
    return opened.database;
  };
}

function tellHeld(space: Space): void {
  let arrival = 0;
  for (;;) {
    const page = space.blocks.after(arrival, PAGE);
    for (const { id } of page) say('held', id);
    arrival = page.at(-1)?.arrival ?? arrival;
    if (page.length < PAGE) return;
  }
}

class Appenders {
  readonly #space: Space;
  #count = 0;

  constructor(space: Space) {
    this.#space = space;
  }

  async run(): Promise<void> {
    const commanders = Array.from({ length: COMMANDERS }, () => this.#untilRest(() => this.#command()));
    const boards = Array.from({ length: BOARDS }, () => this.#untilRest(() => this.#fact()));
    await Promise.all([...commanders, ...boards]);
  }

  /** One of each. */
  async warm(): Promise<void> {
    await this.#command();
    await this.#fact();
  }

  async #untilRest(append: () => Promise<string>): Promise<void> {
    while (this.#count < ACKNOWLEDGED_A_LIFE_MAX) {
      const block = await append();
      say('ack', block);
      this.#count += 1;
      // An append that does not wait for anybody must not keep the others waiting.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #command(): Promise<string> {
    const member = `m-${toHex(systemRandomness.bytes(4))}`;
    const { block } = await this.#space.command('membership', 'member.add', { member, name: `Member ${member}` });
    return block;
  }

  async #fact(): Promise<string> {
    const pulse = toHex(systemRandomness.bytes(16));
    const body = { pulse, output: 'front-strike', onNs: '1', offNs: '2', end: 'timer' };
    const marks = [{ pulse, fact: `${MESH} recovered` }];
    const { block } = await this.#space.appendFact(MESH, 'recovered', body, marks);
    return block;
  }
}

/** Each dapp once and by itself: an emulated processor that compiles is too slow for a greeting. */
function warmDapps(): void {
  for (const dapp of DAPPS)
    execFileSync('/bin/node', ['contract.ts'], { cwd: join(RELEASE, 'dapps', dapp), input: '' });
}

/** Dapps are handed no more of our environment than on a board, but for this. */
function keepingCompiled(runner: Runner): Runner {
  const env = { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? '' };
  return { start: (spec) => runner.start({ ...spec, env: { ...spec.env, ...env } }) };
}

async function main(folder: string, sync: string): Promise<void> {
  if (sync === 'warm') warmDapps();
  const appending = watchSync(sync);
  const tell = (fields: object, message: string) =>
    say('log', `${message} ${JSON.stringify(fields)}`.slice(0, LOG_LINE_CHARS_MAX));
  const space = await openSpace({
    folder,
    dappsFolder: join(RELEASE, 'dapps'),
    clock: systemClock('trusted'),
    randomness: systemRandomness,
    boot: bootId(),
    runner: keepingCompiled(createProcessRunner({ path: '/bin' })),
    log: { info: () => {}, warn: tell },
  });
  say('sync', String(appending().pragma('synchronous', { simple: true })));
  tellHeld(space);
  const { blocks, entries, findings } = await verifySpace(space, () => {});
  for (const finding of findings.slice(0, PAGE)) say('finding', JSON.stringify(finding).slice(0, LOG_LINE_CHARS_MAX));
  say('verified', blocks, entries, findings.length);
  const appenders = new Appenders(space);
  if (sync === 'warm') {
    await appenders.warm();
    await space.close();
    return;
  }
  await appenders.run();
  say('rested');
  await new Promise(() => {});
}

const [folder = '', sync = 'full'] = process.argv.slice(2);
// A resting process is kept alive by nothing else.
setInterval(() => {}, 60_000);
try {
  await main(folder, sync);
  process.exit(0);
} catch (error) {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  say('failed', text.replaceAll('\n', ' | ').slice(0, LOG_LINE_CHARS_MAX));
  process.exit(1);
}
