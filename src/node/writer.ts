import { assert } from '../base/assert.ts';
import { CodedError } from '../base/errors.ts';
import { VERIFY_ASIDE_MAX } from '../base/limits.ts';
import type { Clock, Randomness } from '../base/ports.ts';
import { type BlockCaps, BOOT_BYTES, type EncodedBlock, LIFE_BYTES } from '../format/block.ts';
import { decodeBlock } from '../format/block-decode.ts';
import type { SigningKey, Verifier } from '../format/ed25519.ts';
import { type BlockId, blockIdOf } from '../format/ids.ts';
import { openBlockAside, type SealedBlock, sealBlock } from '../format/sealed.ts';
import { type BlockPlace, checkPlace } from '../ledger/admission.ts';
import { type Draft, writeBlock } from '../ledger/authoring.ts';
import type { Arriving, PulseMark } from '../store/arriving.ts';
import type { BlockReader } from '../store/blocks.ts';
import type { Transactor } from '../store/transactor.ts';
import { type Appended, AppendQueue, type Wanted } from './append-queue.ts';

export interface WriterParts {
  readonly blocks: BlockReader;
  readonly transactor: Transactor;
  readonly caps: BlockCaps;
  readonly verifier: Verifier;
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** 16 bytes that name this boot of the machine. */
  readonly boot: Uint8Array;
  /** Whether an erase that was accepted here names the entry; absent: none does. */
  readonly isErased?: (block: BlockId, index: number) => boolean;
}

/** Brings blocks into the ledger: our own, and those of others. Acknowledged means on disk. */
export class Writer {
  readonly #parts: WriterParts;
  /** Drawn anew at each start, so that a restored card never uses a (life, seq) again. */
  readonly #life: Uint8Array;
  readonly #onAppend: () => void;
  readonly #queue: AppendQueue;

  /** @param onAppend runs after each commit; must not throw. */
  constructor(parts: WriterParts, onAppend: () => void) {
    assert(parts.boot.length === BOOT_BYTES, 'a boot id has 16 bytes');
    this.#parts = parts;
    this.#life = parts.randomness.bytes(LIFE_BYTES);
    this.#onAppend = onAppend;
    this.#queue = new AppendQueue(parts.transactor, (wanted) => this.#make(wanted), onAppend);
  }

  /**
   * One block of `key` with these entries; resolves when it is on disk. Appends share commits (`AppendQueue`), and the
   * blocks of one key follow each other in the order of asking. One that cannot be written fails alone.
   * @param pulses the pulses that the entries speak of, for the index of this node.
   * @throws body_too_large; the codes of `decodeBlock`; append_busy; ledger_closed; a `store_…` code when the disk
   * refuses, and then nothing of its commit has happened.
   */
  append(key: SigningKey, drafts: readonly Draft[], pulses: readonly PulseMark[] = []): Promise<Appended> {
    return this.#queue.append({ key, drafts, pulses });
  }

  /** Whether an append that speaks of the pulse has been asked for and is not on disk yet. */
  isTelling(pulse: string): boolean {
    return this.#queue.isTelling(pulse);
  }

  /** That a block could be written now; writes none. @throws a `store_…` code. */
  probe(): void {
    this.#parts.transactor.probe();
  }

  /** Writes what has been asked for, and nothing after it. Idempotent. */
  close(): void {
    this.#queue.close();
  }

  #make({ key, drafts, pulses }: Wanted): Arriving {
    const { blocks, caps, clock, randomness, boot } = this.#parts;
    const place = blocks.placeFor(key.publicKey, caps.parentsMax);
    const time = { ...clock.now(), boot, monotonicMs: clock.monotonicMs() };
    const writer = { author: key.publicKey, life: this.#life };
    const { encoded, bodies } = writeBlock(place, writer, drafts, time, randomness);
    // Nothing is signed that others would refuse: it would bar every later block of this key from them.
    decodeBlock(encoded.bytes, caps);
    return { encoded, sealed: sealBlock(encoded, bodies, key), pulses };
  }

  /**
   * Takes blocks that came from elsewhere, parents first, all at once or none. What is here already is passed over.
   * @returns how many were new.
   * @throws the codes of `openBlock` and `checkPlace`, with the position in `fields.at`.
   */
  async admit(sealed: readonly SealedBlock[]): Promise<number> {
    const { caps, verifier, isErased = () => false } = this.#parts;
    const opened: EncodedBlock[] = [];
    for (let from = 0; from < sealed.length; from += VERIFY_ASIDE_MAX) {
      const some = sealed.slice(from, from + VERIFY_ASIDE_MAX);
      const aside = some.map((block, index) =>
        openBlockAside(block, caps, verifier, (entry) => isErased(blockIdOf(block.bytes), entry)).catch(
          (error: unknown) => {
            throw errorAt(error, from + index);
          },
        ),
      );
      opened.push(...(await Promise.all(aside)));
    }
    return this.#admitOpened(sealed, opened);
  }

  /** In one turn: whatever was appended while signatures were verified is seen here. */
  #admitOpened(sealed: readonly SealedBlock[], opened: readonly EncodedBlock[]): number {
    const { blocks, transactor } = this.#parts;
    const arriving = new Map<BlockId, Arriving>();
    // Many blocks of a batch have the same few parents.
    const places = new Map<BlockId, BlockPlace | null>();
    const view = {
      mesh: blocks.mesh,
      find(id: BlockId): BlockPlace | null {
        const known = places.get(id);
        if (known !== undefined) return known;
        const found = blocks.find(id);
        places.set(id, found);
        return found;
      },
    };
    sealed.forEach((block, at) => {
      const encoded = opened[at];
      assert(encoded !== undefined, 'every block is opened');
      if (arriving.has(encoded.id) || blocks.has(encoded.id)) return;
      try {
        checkPlace(encoded.block, view);
      } catch (error) {
        throw errorAt(error, at);
      }
      arriving.set(encoded.id, { encoded, sealed: block, pulses: [] });
      places.set(encoded.id, encoded.block);
    });
    if (arriving.size > 0) {
      transactor.append([...arriving.values()]);
      this.#onAppend();
    }
    return arriving.size;
  }
}

function errorAt(error: unknown, at: number): unknown {
  if (!(error instanceof CodedError)) return error;
  return new CodedError(error.code, error.message, { cause: error, fields: { ...error.fields, at } });
}
