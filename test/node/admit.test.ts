import t from 'tap';
import { VERIFY_ASIDE_MAX } from '../../src/base/limits.ts';
import type { SealedBlock } from '../../src/format/sealed.ts';
import type { Space } from '../../src/node/space.ts';
import type { StoredBlock } from '../../src/store/blocks.ts';
import { copySpace, makeSpace, withSpace } from './made-space.ts';

/** More than are verified at once, and not a multiple of it. */
const BLOCKS = 2 * VERIFY_ASIDE_MAX + 7;

function recovered(pulse: string) {
  return { pulse, output: 'strike-1', onNs: '1', offNs: '2', end: 'due' };
}

/** Blocks that a copy of the space in `folder` writes after those it shares with it. */
function blocksOfCopy(copy: string): Promise<readonly StoredBlock[]> {
  return withSpace(copy, async (space) => {
    const { blocks: shared } = space.blocks.counts();
    const facts = Array.from({ length: BLOCKS }, (_, fact) => recovered(`p${fact}`));
    await Promise.all(facts.map((fact) => space.appendFact('mesh', 'recovered', fact)));
    return space.blocks.after(shared, BLOCKS);
  });
}

function headsOf(space: Space): readonly string[] {
  return space.blocks.placeFor(new Uint8Array(32), space.caps.parentsMax).heads;
}

t.test('blocks of another board come in, once, and only their last is a head', async (t) => {
  const { folder } = await makeSpace(t);
  const blocks = await blocksOfCopy(copySpace(t, folder));
  await withSpace(folder, async (space) => {
    const { blocks: shared } = space.blocks.counts();
    t.equal(await space.writer.admit(blocks), BLOCKS);
    t.strictSame(
      space.blocks.after(shared, BLOCKS + 1).map(({ id }) => id),
      blocks.map(({ id }) => id),
    );
    t.strictSame(headsOf(space), [blocks.at(-1)?.id]);
    t.equal(await space.writer.admit(blocks), 0, 'what is here is passed over');
    t.equal(await space.writer.admit([]), 0);
    t.equal(space.blocks.counts().blocks, shared + BLOCKS);
  });
});

t.test('all of a batch or nothing', async (t) => {
  const { folder } = await makeSpace(t);
  const blocks = await blocksOfCopy(copySpace(t, folder));
  const changed = (at: number, change: (block: SealedBlock) => SealedBlock) =>
    blocks.map((block, index) => (index === at ? change(block) : block));
  const flipped = (bytes: Uint8Array) => bytes.with(5, (bytes[5] ?? 0) ^ 1);
  const at = VERIFY_ASIDE_MAX + 3;
  await withSpace(folder, async (space) => {
    const before = { counts: space.blocks.counts(), heads: headsOf(space) };
    const refused: readonly (readonly [string, number, readonly SealedBlock[]])[] = [
      ['block_signature', at, changed(at, (block) => ({ ...block, signature: flipped(block.signature) }))],
      ['block_signature', at, changed(at, (block) => ({ ...block, signature: new Uint8Array(3) }))],
      ['body_missing', at, changed(at, (block) => ({ ...block, bodies: [] }))],
      ['cbor_truncated', at, changed(at, (block) => ({ ...block, bytes: block.bytes.subarray(0, 40) }))],
      ['block_parent', 0, blocks.slice(1)],
      ['block_parent', at, blocks.toSpliced(at, 1)],
    ];
    for (const [code, position, batch] of refused) {
      await t.rejects(space.writer.admit(batch), { name: 'CodedError', code, fields: { at: position } }, code);
      t.strictSame({ counts: space.blocks.counts(), heads: headsOf(space) }, before, 'nothing came in');
    }
    t.equal(await space.writer.admit(blocks), BLOCKS, 'a refusal says nothing about the ids');
  });
});

t.test('what is appended while signatures are verified stays beside what comes in', async (t) => {
  const { folder } = await makeSpace(t);
  const blocks = await blocksOfCopy(copySpace(t, folder));
  await withSpace(folder, async (space) => {
    const { blocks: shared } = space.blocks.counts();
    const [first, second] = [space.writer.admit(blocks), space.writer.admit(blocks.slice(0, 9))];
    const { block: own } = await space.appendFact('mesh', 'recovered', recovered('own'));
    t.equal((await first) + (await second), BLOCKS, 'two of the same are one');
    t.equal(space.blocks.counts().blocks, shared + BLOCKS + 1);
    t.strictSame(new Set(headsOf(space)), new Set([own, blocks.at(-1)?.id]));
    const { block: joining } = await space.appendFact('mesh', 'recovered', recovered('joining'));
    t.strictSame(headsOf(space), [joining]);
  });
});
