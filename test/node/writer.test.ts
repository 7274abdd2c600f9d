import t, { type Test } from 'tap';
import { toHex } from '../../src/base/bytes.ts';
import { CodedError, codeOf } from '../../src/base/errors.ts';
import { APPEND_GROUP_MAX, APPEND_QUEUE_MAX, BODY_BYTES_MAX } from '../../src/base/limits.ts';
import { decodeBlock } from '../../src/format/block-decode.ts';
import { Verifier } from '../../src/format/ed25519.ts';
import type { Appended } from '../../src/node/append-queue.ts';
import { Writer } from '../../src/node/writer.ts';
import { BlockReader } from '../../src/store/blocks.ts';
import { Tips } from '../../src/store/tips.ts';
import { type BlockMaker, type GroupResult, Transactor } from '../../src/store/transactor.ts';
import { CAPS, draft, keyOf, newHolding, placeShown, seededRandomness } from '../ledger/written-chain.ts';
import { newDatabase } from '../store/open-store.ts';
import { ScriptedClock } from './scripted-clock.ts';

const ADA = keyOf('ada');
const BOB = keyOf('bob');

/** A ledger with its root, and the sizes of the groups that were committed. */
function ledger(t: Test) {
  const database = newDatabase(t);
  database.pragma('synchronous = OFF');
  const tips = new Tips(database);
  const groups: number[] = [];
  class Counted extends Transactor {
    override appendGroup(makers: readonly BlockMaker[]): readonly GroupResult[] {
      groups.push(makers.length);
      return super.appendGroup(makers);
    }
  }
  const transactor = new Counted(database, tips);
  const { root } = newHolding();
  transactor.append([{ ...root, pulses: [] }]);
  const blocks = new BlockReader(database, tips);
  const clock = new ScriptedClock();
  const randomness = seededRandomness('writer');
  const parts = { blocks, transactor, caps: CAPS, verifier: new Verifier(9), clock, randomness };
  let commits = 0;
  const writer = new Writer({ ...parts, boot: new Uint8Array(16) }, () => {
    commits += 1;
  });
  return { database, blocks, transactor, writer, groups, root, commits: () => commits };
}

const note = (body: string) => [draft(body)];

/** Block after block of one key, as the ledger has them. */
function chainOf(blocks: BlockReader, key: Uint8Array) {
  return blocks
    .after(0, 10_000)
    .map(({ id, bytes, bodies }) => ({
      id,
      block: decodeBlock(bytes, CAPS).block,
      body: toHex(bodies[0]?.bytes ?? key),
    }))
    .filter(({ block }) => toHex(block.author) === toHex(key));
}

t.test('what is asked for in one turn shares commits, and each has its own block in the order of asking', async (t) => {
  const { writer, blocks, groups, commits } = ledger(t);
  const count = 2 * APPEND_GROUP_MAX + 5;
  const asked = Array.from({ length: count }, (_, n) => writer.append(n % 3 === 0 ? BOB : ADA, note(`n${n}`)));
  t.strictSame(groups, [], 'nothing before the turn is over');
  const appended = await Promise.all(asked);
  t.strictSame(groups, [APPEND_GROUP_MAX, APPEND_GROUP_MAX, 5]);
  t.equal(commits(), 3);
  t.strictSame(
    appended.map(({ arrival }) => arrival),
    asked.map((_, n) => n + 2),
  );
  for (const key of [ADA.publicKey, BOB.publicKey]) {
    const chain = chainOf(blocks, key);
    chain.forEach(({ block }, at) => {
      if (block.seq !== at || block.prev !== (chain[at - 1]?.id ?? null)) t.fail(`block ${at} of ${toHex(key)}`);
    });
  }
  t.equal(chainOf(blocks, ADA.publicKey).length + chainOf(blocks, BOB.publicKey).length, count);
  t.strictSame(blocks.placeFor(ADA.publicKey, 64).heads, [appended.at(-1)?.block]);
});

t.test('one that cannot be written fails alone', async (t) => {
  const { writer, blocks, groups } = ledger(t);
  const settled = await Promise.allSettled([
    writer.append(ADA, note('a')),
    writer.append(ADA, note('x'.repeat(BODY_BYTES_MAX))),
    writer.append(ADA, []),
    writer.append(ADA, note('b')),
  ]);
  t.strictSame(
    settled.map((one) => (one.status === 'fulfilled' ? one.value.arrival : codeOf(one.reason))),
    [2, 'body_too_large', 'block_form', 3],
  );
  t.strictSame(groups, [4]);
  t.strictSame(
    chainOf(blocks, ADA.publicKey).map(({ block }) => block.seq),
    [0, 1],
  );
});

t.test('a disk that refuses fails the whole group and leaves the chain as it was', async (t) => {
  const { database, writer, blocks } = ledger(t);
  await writer.append(ADA, note('before'));
  const before = { counts: blocks.counts(), place: placeShown(blocks.placeFor(ADA.publicKey, 64)) };
  const pages = Number(database.pragma('page_count', { simple: true }));
  database.pragma(`max_page_count = ${pages + 2}`);
  const large = 'x'.repeat(BODY_BYTES_MAX - 9);
  const settled = await Promise.allSettled(
    [note('small'), note(large), note('small')].map((one) => writer.append(ADA, one)),
  );
  t.strictSame(
    settled.map((one) => (one.status === 'rejected' ? codeOf(one.reason) : 'written')),
    ['store_full', 'store_full', 'store_full'],
  );
  t.strictSame({ counts: blocks.counts(), place: placeShown(blocks.placeFor(ADA.publicKey, 64)) }, before);
  t.strictSame(placeShown(new BlockReader(database).placeFor(ADA.publicKey, 64)), before.place, 'read anew, the same');
  database.pragma('max_page_count = 1000000');
  await writer.append(ADA, note('after'));
  t.strictSame(
    chainOf(blocks, ADA.publicKey).map(({ block }) => block.seq),
    [0, 1],
    'no seq was used up',
  );
});

t.test('so many wait and no more', async (t) => {
  const { writer, blocks } = ledger(t);
  const asked = Array.from({ length: APPEND_QUEUE_MAX + 2 }, (_, n) => writer.append(ADA, note(`${n}`)));
  const settled = await Promise.allSettled(asked);
  t.equal(settled.filter((one) => one.status === 'fulfilled').length, APPEND_QUEUE_MAX);
  const last = settled.at(-1);
  t.match(last?.status === 'rejected' && last.reason, { name: 'CodedError', code: 'append_busy', advice: /Try again/ });
  t.equal(blocks.counts().blocks, APPEND_QUEUE_MAX + 1);
});

t.test('a pulse is being told from the asking to the commit', async (t) => {
  const { writer } = ledger(t);
  const told = writer.append(ADA, note('a'), [{ pulse: 'p1', fact: 'door granted' }]);
  t.ok(writer.isTelling('p1'));
  t.notOk(writer.isTelling('p2'));
  await told;
  t.notOk(writer.isTelling('p1'));
});

t.test('closed, what was asked for is written, and nothing after it', async (t) => {
  const { writer, blocks } = ledger(t);
  const asked = [writer.append(ADA, note('a')), writer.append(ADA, note('b'))];
  writer.close();
  t.equal(blocks.counts().blocks, 3, 'at once');
  writer.close();
  const appended: readonly Appended[] = await Promise.all(asked);
  t.strictSame(
    appended.map(({ arrival }) => arrival),
    [2, 3],
  );
  await t.rejects(writer.append(ADA, note('c')), { code: 'ledger_closed' });
});

t.test('what comes in from others between asking and writing is joined', async (t) => {
  const { writer, blocks, database, root } = ledger(t);
  const other = ledger(t);
  t.equal(other.root.encoded.id, root.encoded.id);
  const { block } = await other.writer.append(BOB, note('theirs'));
  const own = writer.append(ADA, note('ours'));
  const admitted = writer.admit(other.blocks.after(1, 1));
  const [{ block: ours }] = await Promise.all([own, admitted]);
  // Whichever was first; theirs is verified on another thread.
  const isJoined = chainOf(blocks, ADA.publicKey).some((one) => one.block.parents.includes(block));
  const heads = blocks.placeFor(ADA.publicKey, 64).heads;
  t.strictSame(new Set(heads), new Set(isJoined ? [ours] : [ours, block]));
  const { block: joining } = await writer.append(ADA, note('joining'));
  t.strictSame(blocks.placeFor(BOB.publicKey, 64).heads, [joining]);
  t.strictSame(
    placeShown(new BlockReader(database).placeFor(BOB.publicKey, 64)),
    placeShown(blocks.placeFor(BOB.publicKey, 64)),
  );
});

t.test('a bug of ours in one fails all that share its commit, as an assertion', async (t) => {
  const { writer, blocks } = ledger(t);
  const broken = {
    publicKey: ADA.publicKey,
    sign: () => {
      throw new TypeError('a bug');
    },
  };
  const settled = await Promise.allSettled([writer.append(ADA, note('a')), writer.append(broken, note('b'))]);
  for (const one of settled) t.notOk(one.status === 'rejected' && one.reason instanceof CodedError);
  t.strictSame(
    settled.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  t.equal(blocks.counts().blocks, 1);
});
