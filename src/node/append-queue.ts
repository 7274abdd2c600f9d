import { assert } from '../base/assert.ts';
import { CodedError } from '../base/errors.ts';
import { APPEND_GROUP_MAX, APPEND_QUEUE_MAX } from '../base/limits.ts';
import type { SigningKey } from '../format/ed25519.ts';
import type { BlockId } from '../format/ids.ts';
import type { Draft } from '../ledger/authoring.ts';
import type { Arriving, PulseMark } from '../store/arriving.ts';
import type { GroupResult, Transactor } from '../store/transactor.ts';

/** A block of ours that is wanted. */
export interface Wanted {
  readonly key: SigningKey;
  readonly drafts: readonly Draft[];
  /** The pulses that the entries speak of. */
  readonly pulses: readonly PulseMark[];
}

/** Where an entry of ours now stands. */
export interface Appended {
  readonly block: BlockId;
  readonly arrival: number;
}

interface Asked extends Wanted {
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Appends that have been asked for and are not on disk yet. What is asked for in one turn of the event loop shares one
 * commit, in the order of asking, and so does what piles up meanwhile: at most APPEND_GROUP_MAX at once.
 */
export class AppendQueue {
  readonly #transactor: Transactor;
  readonly #make: (wanted: Wanted) => Arriving;
  readonly #onCommit: () => void;
  readonly #asked: Asked[] = [];
  #turn: NodeJS.Immediate | null = null;
  #isClosed = false;

  /** @param make writes and signs the block, when everything before it is stored. @param onCommit must not throw. */
  constructor(transactor: Transactor, make: (wanted: Wanted) => Arriving, onCommit: () => void) {
    this.#transactor = transactor;
    this.#make = make;
    this.#onCommit = onCommit;
  }

  /** @throws what `make` throws, alone; append_busy; ledger_closed; a `store_…` code, with all that shared its commit. */
  append(wanted: Wanted): Promise<Appended> {
    const { promise, resolve, reject } = Promise.withResolvers<Appended>();
    if (this.#isClosed) reject(new CodedError('ledger_closed', 'the node is stopping and writes nothing any more'));
    else if (this.#asked.length >= APPEND_QUEUE_MAX) reject(busy());
    else {
      this.#asked.push({ ...wanted, resolve, reject });
      this.#turn ??= setImmediate(() => this.#commitGroup());
    }
    return promise;
  }

  isTelling(pulse: string): boolean {
    return this.#asked.some(({ pulses }) => pulses.some((mark) => mark.pulse === pulse));
  }

  /** Writes what has been asked for, and nothing after it. Idempotent. */
  close(): void {
    this.#isClosed = true;
    while (this.#asked.length > 0) this.#commitGroup();
    if (this.#turn !== null) clearImmediate(this.#turn);
  }

  #commitGroup(): void {
    const group = this.#asked.splice(0, APPEND_GROUP_MAX);
    this.#turn = this.#asked.length > 0 ? setImmediate(() => this.#commitGroup()) : null;
    let results: readonly GroupResult[];
    try {
      results = this.#transactor.appendGroup(group.map((asked) => () => this.#make(asked)));
    } catch (error) {
      for (const { reject } of group) reject(error);
      return;
    }
    this.#onCommit();
    group.forEach(({ resolve, reject }, at) => {
      const result = results[at];
      assert(result !== undefined, 'every append has its result');
      if ('error' in result) reject(result.error);
      else resolve({ block: result.arriving.encoded.id, arrival: result.arrival });
    });
  }
}

function busy(): CodedError {
  return new CodedError('append_busy', `${APPEND_QUEUE_MAX} entries wait to be written`, {
    fields: { waitingMax: APPEND_QUEUE_MAX },
    advice: 'Try again; if it lasts, see what keeps this disk from answering.',
  });
}
