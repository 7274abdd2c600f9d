import { createHash } from 'node:crypto';
import { toHex } from '../../src/base/bytes.ts';
import { BLOCK_BYTES_MAX, BLOCK_ENTRIES_MAX, BLOCK_PARENTS_MAX, BODY_BYTES_MAX } from '../../src/base/limits.ts';
import type { Randomness } from '../../src/base/ports.ts';
import { type BlockCaps, type BlockTime, type EncodedBlock, encodeBlock, LIFE_BYTES } from '../../src/format/block.ts';
import { type SigningKey, signingKey } from '../../src/format/ed25519.ts';
import type { BlockId } from '../../src/format/ids.ts';
import { type SealedBlock, sealBlock } from '../../src/format/sealed.ts';
import type { AdmissionView, BlockPlace } from '../../src/ledger/admission.ts';
import { type Draft, type Place, type Written, writeBlock, writeEntries } from '../../src/ledger/authoring.ts';

/** Chains as boards write them, for tests of everything that takes blocks. */

export const CAPS: BlockCaps = {
  blockBytesMax: BLOCK_BYTES_MAX,
  parentsMax: BLOCK_PARENTS_MAX,
  entriesMax: BLOCK_ENTRIES_MAX,
  bodyBytesMax: BODY_BYTES_MAX,
};
export const TIME: BlockTime = {
  wallMs: 1_795_000_000_000,
  boot: new Uint8Array(16).fill(7),
  monotonicMs: 5,
  quality: 'synced',
};

/** The same bytes for the same seed: SHA-256 of seed and a count. */
export function seededRandomness(seed: string): Randomness {
  let count = 0;
  return {
    bytes(length) {
      const blocks = Array.from({ length: Math.ceil(length / 32) }, () =>
        createHash('sha256').update(`${seed}/${count++}`).digest(),
      );
      return new Uint8Array(Buffer.concat(blocks).subarray(0, length));
    },
  };
}

export function keyOf(seed: string): SigningKey {
  return signingKey(seededRandomness(`key ${seed}`).bytes(32));
}

export function draft(body: Draft['body'] = {}, kind = 'note', dapp = 'journal'): Draft {
  return { dapp, ver: '0.1.0', kind, re: null, body };
}

/** A block as it is handed to a store: encoded, and sealed with its bodies. */
export interface Sealed {
  readonly encoded: EncodedBlock;
  readonly sealed: SealedBlock;
}

export function seal({ encoded, bodies }: Written, key: SigningKey): Sealed {
  return { encoded, sealed: sealBlock(encoded, bodies, key) };
}

export function writeRoot(
  key: SigningKey,
  drafts: readonly Draft[],
  randomness: Randomness,
  life?: Uint8Array,
): Sealed {
  const { entries, bodies } = writeEntries(drafts, randomness);
  const encoded = encodeBlock({
    ...{ mesh: null, branch: null, prev: null, base: null, parents: [], height: 0, seq: 0 },
    ...{ author: key.publicKey, life: life ?? randomness.bytes(LIFE_BYTES), time: TIME, entries },
  });
  return seal({ encoded, bodies }, key);
}

/** What one board holds: blocks that came with their parents before them. */
export class Holding implements AdmissionView {
  readonly mesh: BlockId;
  readonly blocks = new Map<BlockId, Sealed>();
  readonly #heads = new Set<BlockId>();

  constructor(root: Sealed) {
    this.mesh = root.encoded.id;
    this.take(root);
  }

  find(id: BlockId): BlockPlace | null {
    return this.blocks.get(id)?.encoded.block ?? null;
  }

  take(sealed: Sealed): void {
    const { id, block } = sealed.encoded;
    if (this.blocks.has(id)) return;
    this.blocks.set(id, sealed);
    for (const parent of block.parents) this.#heads.delete(parent);
    this.#heads.add(id);
  }

  /** The highest heads first, at most `headsMax` of them; as `BlockReader.placeFor` has it. */
  placeFor(author: Uint8Array, headsMax = CAPS.parentsMax - 2): Place {
    const own = [...this.blocks.values()]
      .map(({ encoded }) => encoded)
      .filter(({ block }) => same(block.author, author));
    const last = own.at(-1);
    const heads = [...this.#heads].sort((a, b) => this.#height(b) - this.#height(a)).slice(0, headsMax);
    return {
      mesh: this.mesh,
      base: this.mesh,
      heads,
      prev: last === undefined ? null : { id: last.id, life: last.block.life, seq: last.block.seq },
      heightMax: Math.max(
        ...[...heads, this.mesh, ...(last === undefined ? [] : [last.id])].map((id) => this.#height(id)),
      ),
    };
  }

  #height(id: BlockId): number {
    return this.blocks.get(id)?.encoded.block.height ?? 0;
  }
}

/** A writer with a key, in one life of its process after the other. */
export class Scribe {
  readonly key: SigningKey;
  readonly #randomness: Randomness;
  life: Uint8Array;

  constructor(name: string) {
    this.key = keyOf(name);
    this.#randomness = seededRandomness(`scribe ${name}`);
    this.life = this.#randomness.bytes(LIFE_BYTES);
  }

  restart(): void {
    this.life = this.#randomness.bytes(LIFE_BYTES);
  }

  write(holding: Holding, drafts: readonly Draft[] = [draft()]): Sealed {
    const writer = { author: this.key.publicKey, life: this.life };
    const place = holding.placeFor(this.key.publicKey);
    const sealed = seal(writeBlock(place, writer, drafts, TIME, this.#randomness), this.key);
    holding.take(sealed);
    return sealed;
  }
}

/** A place to compare: the store gives its bytes as Buffers. */
export function placeShown({ prev, ...place }: Place): object {
  return { ...place, prev: prev && { ...prev, life: toHex(prev.life) } };
}

export function newHolding(founder = new Scribe('founder')): { founder: Scribe; holding: Holding; root: Sealed } {
  const root = writeRoot(
    founder.key,
    [draft({ name: 'mesh' }, 'root', 'mesh')],
    seededRandomness('root'),
    founder.life,
  );
  return { founder, holding: new Holding(root), root };
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
