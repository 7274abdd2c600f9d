import { assert } from '../base/assert.ts';
import { CodedError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { Clock, Randomness } from '../base/ports.ts';
import { type BlockCaps, BOOT_BYTES, LIFE_BYTES } from '../format/block.ts';
import { decodeBlock } from '../format/block-decode.ts';
import type { SigningKey, Verifier } from '../format/ed25519.ts';
import type { BlockId } from '../format/ids.ts';
import { openBlock, type SealedBlock, sealBlock } from '../format/sealed.ts';
import { checkPlace } from '../ledger/admission.ts';
import { type Draft, writeBlock } from '../ledger/authoring.ts';
import type { BlockReader } from '../store/blocks.ts';
import type { Arriving, PulseMark, Transactor } from '../store/transactor.ts';

export interface WriterParts {
  readonly blocks: BlockReader;
  readonly transactor: Transactor;
  readonly caps: BlockCaps;
  readonly verifier: Verifier;
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** 16 bytes that name this boot of the machine. */
  readonly boot: Uint8Array;
}

/** Where an entry of ours now stands. */
export interface Appended {
  readonly block: BlockId;
  readonly arrival: number;
}

/** Brings blocks into the ledger: our own, and those of others. Everything here is on disk when it returns. */
export class Writer {
  readonly #parts: WriterParts;
  /** Drawn anew at each start, so that a restored card never uses a (life, seq) again. */
  readonly #life: Uint8Array;
  readonly #onAppend: () => void;

  /** @param onAppend runs after each append; must not throw. */
  constructor(parts: WriterParts, onAppend: () => void) {
    assert(parts.boot.length === BOOT_BYTES, 'a boot id has 16 bytes');
    this.#parts = parts;
    this.#life = parts.randomness.bytes(LIFE_BYTES);
    this.#onAppend = onAppend;
  }

  /**
   * One block of `key` with these entries.
   * @param pulses the pulses that the entries speak of, for the index of this node.
   * @throws body_too_large; the codes of `decodeBlock`; a `store_…` or SQLite error when the disk refuses.
   */
  append(key: SigningKey, drafts: readonly Draft[], pulses: readonly PulseMark[] = []): Appended {
    const { blocks, transactor, caps, clock, randomness, boot } = this.#parts;
    const place = blocks.placeFor(key.publicKey, caps.parentsMax);
    const reading = clock.now();
    const time = { ...reading, boot, monotonicMs: clock.monotonicMs() };
    const writer = { author: key.publicKey, life: this.#life };
    const { encoded, bodies } = writeBlock(place, writer, drafts, time, randomness);
    // Nothing is signed that others would refuse: it would bar every later block of this key from them.
    decodeBlock(encoded.bytes, caps);
    const [arrival] = transactor.append([{ encoded, sealed: sealBlock(encoded, bodies, key), pulses }]);
    assert(arrival !== undefined, 'an append gives an arrival');
    this.#onAppend();
    return { block: encoded.id, arrival };
  }

  /**
   * Takes blocks that came from elsewhere, parents first, all at once or none. What is here already is passed over.
   * @returns how many were new.
   * @throws the codes of `openBlock` and `checkPlace`, with the position in `fields.at`.
   */
  admit(sealed: readonly SealedBlock[]): number {
    const { blocks, transactor, caps, verifier } = this.#parts;
    const arriving = new Map<BlockId, Arriving>();
    const view = { mesh: blocks.mesh, find: (id: BlockId) => arriving.get(id)?.encoded.block ?? blocks.find(id) };
    sealed.forEach((block, at) => {
      try {
        const encoded = openBlock(block, caps, verifier);
        if (view.find(encoded.id) !== null) return;
        checkPlace(encoded.block, view);
        arriving.set(encoded.id, { encoded, sealed: block, pulses: [] });
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        throw new CodedError(error.code, error.message, { cause: error, fields: { ...error.fields, at } });
      }
    });
    if (arriving.size > 0) {
      transactor.append([...arriving.values()]);
      this.#onAppend();
    }
    return arriving.size;
  }
}

/** The body of an entry about pulses names them; this finds which. */
export function pulseMarks(kind: string, body: JsonObject): readonly PulseMark[] {
  return typeof body.pulse === 'string' ? [{ pulse: body.pulse, fact: kind }] : [];
}
