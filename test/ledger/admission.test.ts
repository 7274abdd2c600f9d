import fc from 'fast-check';
import t from 'tap';
import { codeOf } from '../../src/base/errors.ts';
import { type Block, encodeBlock } from '../../src/format/block.ts';
import { Verifier } from '../../src/format/ed25519.ts';
import { openBlock } from '../../src/format/sealed.ts';
import { checkPlace } from '../../src/ledger/admission.ts';
import { CAPS, Holding, newHolding, Scribe, type Sealed } from './written-chain.ts';

const STRANGE_ID = 'ab'.repeat(32);
const verifier = new Verifier(64);

function thrownBy(block: Block, holding: Holding): unknown {
  try {
    checkPlace(block, holding);
    return undefined;
  } catch (error) {
    return error;
  }
}

function codeFor(block: Block, holding: Holding): string | undefined {
  return codeOf(thrownBy(block, holding));
}

/** Founder and a guest, who both wrote on top of the root; the guest's block next would join both. */
function twoAuthors() {
  const { founder, holding, root } = newHolding();
  const guest = new Scribe('guest');
  const side = new Holding(root);
  const ofFounder = founder.write(holding);
  const ofGuest = guest.write(side);
  holding.take(ofGuest);
  const next = guest.write(holding).encoded.block;
  return { founder, guest, holding, root, ofFounder, ofGuest, next };
}

t.test('a block that stands where it says is admitted', async (t) => {
  const { holding, next, root, ofFounder, ofGuest } = twoAuthors();
  t.strictSame(next.parents, [root, ofFounder, ofGuest].map(({ encoded }) => encoded.id).sort());
  t.equal(codeFor(next, holding), undefined);
});

t.test('each wrong place has its code', async (t) => {
  const { holding, next, root, ofFounder, ofGuest } = twoAuthors();
  const cases: Record<string, readonly [Partial<Block>, string]> = {
    'a second root': [{ mesh: null }, 'block_root'],
    'another mesh': [{ mesh: STRANGE_ID }, 'block_mesh'],
    'a block that is no root as the mesh': [{ mesh: ofFounder.encoded.id }, 'block_mesh'],
    'a branch': [{ branch: root.encoded.id }, 'block_branch'],
    'an unknown parent': [{ parents: [...next.parents, STRANGE_ID] }, 'block_parent'],
    'only an unknown parent': [{ parents: [STRANGE_ID] }, 'block_parent'],
    'too high': [{ height: next.height + 1 }, 'block_height'],
    'too low': [{ height: next.height - 1 }, 'block_height'],
    'as high as a root': [{ height: 0 }, 'block_height'],
    'a height that only a parent left out would give': [{ parents: [root.encoded.id] }, 'block_height'],
    'the prev of another': [{ prev: ofFounder.encoded.id }, 'block_prev'],
    'a prev that is not here': [{ prev: STRANGE_ID }, 'block_prev'],
    'the seq of the block before': [{ seq: next.seq - 1 }, 'block_seq'],
    'a seq left out': [{ seq: next.seq + 1 }, 'block_seq'],
    'the seq of a life before': [{ life: new Uint8Array(16) }, 'block_seq'],
  };
  for (const [name, [change, code]] of Object.entries(cases)) {
    t.equal(codeFor({ ...next, ...change }, holding), code, name);
  }
  t.match(thrownBy({ ...next, seq: 9 }, holding), { fields: { seq: 9, wanted: 1 } });
  t.match(thrownBy({ ...next, parents: [STRANGE_ID] }, holding), { fields: { parent: STRANGE_ID } });
  t.equal(codeFor({ ...next, prev: ofGuest.encoded.id }, holding), undefined, 'the right one, for comparison');
});

t.test('a new life begins at 0 and names the block of the life before', async (t) => {
  const { founder, holding, root } = newHolding();
  founder.restart();
  const first = founder.write(holding).encoded.block;
  t.match(first, { seq: 0, prev: root.encoded.id });
  t.equal(codeFor(first, holding), undefined);
  t.equal(codeFor({ ...first, seq: 1 }, holding), 'block_seq');
  const second = founder.write(holding).encoded.block;
  t.equal(second.seq, 1);
  t.equal(codeFor(second, holding), undefined);
});

t.test('the first block of an author has no prev', async (t) => {
  const { holding } = newHolding();
  const first = new Scribe('guest').write(holding).encoded.block;
  t.match(first, { seq: 0, prev: null });
  t.equal(codeFor(first, holding), undefined);
});

t.test('two blocks for one place are both admitted: they are the proof of it', async (t) => {
  const { founder, holding, root } = newHolding();
  const copy = new Holding(root);
  const one = founder.write(holding);
  const clone = new Scribe('founder');
  const other = clone.write(copy, [{ dapp: 'journal', ver: '0.1.0', kind: 'other', re: null, body: 1 }]);
  t.not(one.encoded.id, other.encoded.id);
  t.match(other.encoded.block, { seq: one.encoded.block.seq, life: one.encoded.block.life });
  t.equal(codeFor(other.encoded.block, holding), undefined);
});

type Step =
  | { readonly do: 'write'; readonly who: number; readonly entries: number }
  | { readonly do: 'restart'; readonly who: number }
  | { readonly do: 'hear'; readonly who: number; readonly from: number };
const who = fc.integer({ min: 0, max: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('write' as const), who, entries: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('hear' as const), who, from: who }) },
);

/** Four boards that write alone, die, and hear of each other. @returns every block, parents first. */
function play(steps: readonly Step[]): { root: Sealed; blocks: readonly Sealed[] } {
  const { root } = newHolding();
  const boards = [0, 1, 2, 3].map((n) => ({ scribe: new Scribe(`board ${n}`), holding: new Holding(root) }));
  const blocks: Sealed[] = [];
  for (const one of steps) {
    const board = boards[one.who];
    if (board === undefined) continue;
    if (one.do === 'restart') board.scribe.restart();
    else if (one.do === 'hear')
      for (const block of boards[one.from]?.holding.blocks.values() ?? []) board.holding.take(block);
    else {
      const drafts = Array.from({ length: one.entries }, (_, body) => ({
        ...{ dapp: 'journal', ver: '0.1.0', kind: 'note', re: null, body },
      }));
      blocks.push(board.scribe.write(board.holding, drafts));
    }
  }
  return { root, blocks };
}

t.test('whatever boards write, alone or together, any other board admits', async (t) => {
  const admitted = fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
    const { root, blocks } = play(steps);
    const stranger = new Holding(root);
    for (const { encoded, sealed } of blocks) {
      const opened = openBlock(sealed, CAPS, verifier);
      checkPlace(opened.block, stranger);
      stranger.take({ encoded, sealed });
    }
  });
  t.doesNotThrow(() => fc.assert(admitted, { numRuns: 100 }));
});

t.test('and no other place is admitted for any of them', async (t) => {
  const changes: readonly ((block: Block) => Partial<Block>)[] = [
    ({ seq }) => ({ seq: seq + 1 }),
    ({ height }) => ({ height: height + 1 }),
    ({ height }) => ({ height: height - 1 }),
    () => ({ mesh: STRANGE_ID }),
    ({ parents }) => ({ parents: [...parents, STRANGE_ID].sort() }),
  ];
  const refused = fc.property(
    fc.array(step, { minLength: 1, maxLength: 30 }),
    fc.nat({ max: changes.length - 1 }),
    (steps, n) => {
      const { root, blocks } = play(steps);
      const stranger = new Holding(root);
      for (const block of blocks) {
        const { encoded } = block;
        const changed = { ...encoded.block, ...changes[n]?.(encoded.block) };
        // Of a first block only the form says that its seq is 0.
        const code = changed.prev === null && changed.seq > 0 ? formCode(changed) : codeFor(changed, stranger);
        if (code === undefined) return false;
        stranger.take(block);
      }
      return true;
    },
  );
  t.doesNotThrow(() => fc.assert(refused, { numRuns: 100 }));
});

function formCode(block: Block): string | undefined {
  try {
    openBlock({ bytes: encodeBlock(block).bytes, signature: new Uint8Array(64), bodies: [] }, CAPS, verifier);
    return undefined;
  } catch (error) {
    return codeOf(error) === 'block_form' ? 'block_form' : undefined;
  }
}
