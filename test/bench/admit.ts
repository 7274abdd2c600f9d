import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { join } from 'node:path';
import { assert } from '../../src/base/assert.ts';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import type { BlockCaps } from '../../src/format/block.ts';
import { decodeBlock } from '../../src/format/block-decode.ts';
import type { SealedBlock } from '../../src/format/sealed.ts';
import { blockSigningInput } from '../../src/format/signed.ts';
import { appendFact, BenchLedger, newKey, newRoot } from './bench-ledger.ts';
import { rounds } from './rounds.ts';
import type { Bench, Measured, Work } from './row.ts';

const AUTHORS = 8;
const ROUNDS = 9;
const ROUND_BLOCKS = 2048;
const BATCH_BLOCKS = 256;
const RATIO_MIN = 0.7;
/** DER of an Ed25519 public key up to the raw key (RFC 8410). */
const SPKI_PREFIX = fromHex('302a300506032b6570032100');

/** Blocks of other authors come in: decoded, verified, put in their place, on disk. */
export const admitBench: Bench = { names: ['admit_blocks'], run: async (work) => [await measure(work)] };

async function measure(work: Work): Promise<Measured> {
  const root = newRoot();
  work.say('writing the blocks');
  const pages = await writeElsewhere(join(work.folder, 'elsewhere.db'), root);
  const here = new BenchLedger(join(work.folder, 'here.db'), root);
  const parse = signedParser(here.caps);
  const signed = pages.map((page) => page.map(parse));
  try {
    const writer = here.writer();
    const admit = async (page: readonly SealedBlock[]) => {
      for (let at = 0; at < page.length; at += BATCH_BLOCKS) {
        const batch = page.slice(at, at + BATCH_BLOCKS);
        assert((await writer.admit(batch)) === batch.length, 'every block is new and admitted');
      }
    };
    const left = { ours: pages.values(), yardstick: signed.values() };
    const figures = await rounds(ROUNDS, work, {
      ours: async () => {
        const page = nextOf(left.ours);
        const startMs = performance.now();
        await admit(page);
        return rate(page.length, startMs);
      },
      yardstick: () => {
        const page = nextOf(left.yardstick);
        const startMs = performance.now();
        verifyAll(page);
        return rate(page.length, startMs);
      },
    });
    return {
      row: {
        name: 'admit_blocks',
        unit: 'blocks/s',
        against: 'node:crypto alone: verify of the same signatures with keys already parsed',
        ...figures.row,
        budget: `ratio >= ${RATIO_MIN}`,
        holds: figures.row.ratio >= RATIO_MIN,
      },
      ...figures.spreads,
    };
  } finally {
    here.close();
  }
}

/** Pages of blocks in their order, as boards in reach of each other write them: each joins what came before it. */
async function writeElsewhere(path: string, root: SealedBlock): Promise<readonly (readonly SealedBlock[])[]> {
  const elsewhere = new BenchLedger(path, root);
  try {
    elsewhere.database.pragma('synchronous = OFF');
    const authors = Array.from({ length: AUTHORS }, () => ({ writer: elsewhere.writer(), key: newKey() }));
    const pages: (readonly SealedBlock[])[] = [];
    for (let page = 0; page <= ROUNDS; page += 1) {
      const arrival = page * ROUND_BLOCKS + 1;
      for (let turn = 0; turn < ROUND_BLOCKS / AUTHORS; turn += 1) {
        for (const [at, { writer, key }] of authors.entries()) {
          await appendFact(writer, key, arrival + turn * AUTHORS + at);
        }
      }
      pages.push(elsewhere.blocks.after(arrival, ROUND_BLOCKS));
    }
    return pages;
  } finally {
    elsewhere.close();
  }
}

interface Signed {
  readonly key: KeyObject;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** @returns what picks out of a block what its signature is checked with; each author's key is parsed once. */
function signedParser(caps: BlockCaps): (block: SealedBlock) => Signed {
  const keys = new Map<string, KeyObject>();
  return ({ bytes, signature }) => {
    const { id, block } = decodeBlock(bytes, caps);
    const name = toHex(block.author);
    const spki = Buffer.concat([SPKI_PREFIX, block.author]);
    const key = keys.get(name) ?? createPublicKey({ key: spki, format: 'der', type: 'spki' });
    keys.set(name, key);
    return { key, message: blockSigningInput(id), signature };
  };
}

function verifyAll(page: readonly Signed[]): void {
  for (const { key, message, signature } of page) {
    assert(verify(null, message, key, signature), 'every signature is good');
  }
}

function nextOf<T>(pages: Iterator<T>): T {
  const page = pages.next();
  assert(page.done !== true, 'a round has its page');
  return page.value;
}

/** How many went by a second since `startMs`. */
function rate(count: number, startMs: number): number {
  return (count * 1000) / (performance.now() - startMs);
}
