import { assert } from '../base/assert.ts';
import { CodedError, codeOf, messageOf } from '../base/errors.ts';
import {
  DAPP_RESTART_DELAY_MS_MAX,
  ENTRY_TRIES_MAX,
  FOLD_BLOCKS_MAX,
  FOLD_RETRY_DELAY_MS_MIN,
} from '../base/limits.ts';
import type { Clock } from '../base/ports.ts';
import type { BlockCaps } from '../format/block.ts';
import { MESH } from '../ledger/mesh/keys.ts';
import { type Outcome, refused } from '../ledger/outcome.ts';
import { StateOverlay } from '../ledger/overlay.ts';
import type { StateReader } from '../ledger/state.ts';
import type { Log } from '../sandbox/log.ts';
import type { BlockReader } from '../store/blocks.ts';
import type { EntryPlace, PlayedEntry, WaitingEntry } from '../store/fold-commit.ts';
import type { Journal } from '../store/journal.ts';
import type { Transactor } from '../store/transactor.ts';
import type { Judge } from './judge.ts';
import { tagsOf } from './log-tags.ts';
import { bodyOf, type OpenedBlock, openStored, playEntry } from './played.ts';
import { Signal } from './signal.ts';
import { Waits } from './waits.ts';

export interface FoldParts {
  readonly blocks: BlockReader;
  readonly journal: Journal;
  readonly transactor: Transactor;
  readonly state: StateReader;
  readonly judge: Judge;
  readonly caps: BlockCaps;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * What a dapp that was well made of an entry. Anything else, such as a dapp that does not start or a state that
 * cannot be read, says nothing about the entry, which then waits as long as it takes.
 */
const FAILED_ON_ENTRY: ReadonlySet<string> = new Set(['dapp_timeout', 'dapp_exited', 'dapp_protocol', 'dapp_overflow']);

type Accepted = Extract<Outcome, { readonly ok: true }>;

function isErase({ dapp, kind }: { readonly dapp: string; readonly kind: string }): boolean {
  return dapp === MESH && kind === 'erase';
}

/** Dapp → keys of its state that a commit changed. */
export type ChangedKeys = ReadonlyMap<string, readonly string[]>;

/** What one run gathers before it is made lasting. */
class Run {
  readonly overlay: StateOverlay;
  readonly played: PlayedEntry[] = [];
  readonly waiting: WaitingEntry[] = [];
  readonly erased: EntryPlace[] = [];
  /** Dapps that failed in this run: their later entries wait without being asked. */
  readonly down: Set<string>;
  arrival: number;

  constructor(state: StateReader, arrival: number, down = new Set<string>()) {
    this.overlay = new StateOverlay(state);
    this.arrival = arrival;
    this.down = down;
  }

  /** What an accepted entry changes. */
  take(dapp: string, { writes, erased = [] }: Accepted, blocks: BlockReader): void {
    this.overlay.apply(dapp, writes);
    for (const { block, index } of erased) {
      const arrival = blocks.arrivalOf(block);
      assert(arrival !== null, 'what is erased is here');
      this.erased.push({ arrival, index });
    }
  }
}

/**
 * Plays entries in the order in which they arrived and keeps the outcome of each. A dapp that fails leaves its entry
 * waiting, and those after it, while the entries of other dapps go on. An entry on which its dapp failed
 * ENTRY_TRIES_MAX times is refused with `dapp_failed`, so that one poison entry never stops a door for good.
 */
export class Fold {
  /** Fires after each commit, and when the fold stops. */
  readonly committed = new Signal();
  readonly #parts: FoldParts;
  readonly #onCommit: (changed: ChangedKeys) => void;
  #running: Promise<void> | null = null;
  #isWoken = false;
  #isStopped = false;
  #isPaused = false;
  #cancelRetry: (() => void) | null = null;
  #retryDelayMs = FOLD_RETRY_DELAY_MS_MIN;
  /** What an earlier process left waiting is tried at the start. */
  #isRetryDue = true;
  /** What waits, in order of arrival: read once, for thousands may wait while others are played. */
  #waits: Waits | null = null;

  /** @param onCommit runs after each commit; must not throw. */
  constructor(parts: FoldParts, onCommit: (changed: ChangedKeys) => void) {
    this.#parts = parts;
    this.#onCommit = onCommit;
  }

  /** Takes note that there is something to play. Returns at once. */
  wake(): void {
    if (this.#isStopped) return;
    this.#isWoken = true;
    this.#running ??= this.#loop().finally(() => {
      this.#running = null;
      // Woken after the loop had looked for the last time.
      if (this.#isWoken) this.wake();
    });
  }

  /** Runs `task` while nothing is played; what is appended meanwhile is played afterwards. */
  async hold<T>(task: () => Promise<T>): Promise<T> {
    while (this.#running !== null) await this.#running;
    // In the next turn, when a wake already finds the fold held.
    const result = Promise.resolve().then(task);
    this.#isPaused = true;
    const ended = () => {
      this.#running = null;
      this.#isPaused = false;
      if (this.#isWoken) this.wake();
    };
    this.#running = result.then(ended, ended);
    return await result;
  }

  /** Resolves when nothing is left to play but what waits for its dapp. @throws what broke the fold. */
  async settled(): Promise<void> {
    this.wake();
    while (this.#running !== null) await this.#running;
  }

  /** Ends after the block being played; the rest is played at the next start. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelRetry?.();
    // Whoever waits for an outcome need not wait any longer.
    this.committed.fire();
    await this.#running?.catch(() => undefined);
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Whether it plays nothing for a reason: a task holds it, or the disk refuses to keep what was played. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  hasOutcome(place: EntryPlace): boolean {
    return this.#parts.journal.outcome(place) !== null;
  }

  /** The outcome of an entry that has settled; a waiting one is told as such. @throws entry_waiting. */
  outcomeOf(place: EntryPlace): Outcome {
    const row = this.#parts.journal.outcome(place);
    if (row === null) {
      throw new CodedError('entry_waiting', 'the entry is in the ledger and waits: its dapp does not answer', {
        advice: 'It takes effect by itself when the dapp is well again; see `blockmesh status`.',
      });
    }
    return row.ok ? { ok: true, writes: [] } : refused(row.code ?? 'refused', row.message ?? '');
  }

  async #loop(): Promise<void> {
    while (this.#isWoken && !this.#isStopped) {
      this.#isWoken = false;
      try {
        if (await this.#runOnce()) this.#isWoken = true;
        this.#isPaused = false;
      } catch (error) {
        const code = codeOf(error) ?? '';
        if (!code.startsWith('store_') && !code.startsWith('SQLITE_')) throw error;
        // A full or failing disk keeps no door shut: what could not be kept is played again later.
        this.#parts.log.warn({ code }, `nothing played: ${messageOf(error)}`);
        this.#isPaused = true;
        this.#retryLater();
      }
    }
  }

  async #runOnce(): Promise<boolean> {
    const { journal, blocks, state } = this.#parts;
    let run = new Run(state, journal.foldedTo());
    const isRetryDue = this.#isRetryDue;
    this.#isRetryDue = false;
    this.#waits ??= new Waits(journal.waiting());
    if (isRetryDue) for (const entry of this.#waits.all()) await this.#playAgain(run, entry);
    // Between tries the entries of a dapp that failed queue up behind the one it failed on.
    else for (const dapp of this.#waits.dapps()) run.down.add(dapp);
    const stored = blocks.after(run.arrival, FOLD_BLOCKS_MAX);
    for (const block of stored) {
      if (this.#isStopped) break;
      const opened = openStored(block);
      const isErasing = opened.block.entries.some(isErase);
      // An erase sees the ledger as of the block before it, and takes away what is lasting already.
      if (isErasing) run = this.#commitAndGoOn(run);
      await this.#playBlock(run, opened);
      run.arrival = block.arrival;
      if (isErasing) run = this.#commitAndGoOn(run);
    }
    this.#commit(run);
    this.#planRetry(isRetryDue);
    return stored.length === FOLD_BLOCKS_MAX;
  }

  async #playBlock(run: Run, opened: OpenedBlock): Promise<void> {
    for (const [index, entry] of opened.block.entries.entries()) {
      const place = { arrival: opened.stored.arrival, index };
      if (run.down.has(entry.dapp)) {
        run.waiting.push({ ...place, dapp: entry.dapp, tries: 0, code: 'dapp_waiting' });
      } else {
        await this.#play(run, opened, { ...place, dapp: entry.dapp, tries: 0, code: '' });
      }
    }
  }

  async #playAgain(run: Run, entry: WaitingEntry): Promise<void> {
    if (run.down.has(entry.dapp)) return;
    const stored = this.#parts.blocks.at(entry.arrival);
    if (stored !== null) await this.#play(run, openStored(stored), entry);
  }

  async #play(run: Run, opened: OpenedBlock, entry: WaitingEntry): Promise<void> {
    const { judge, clock, caps, log } = this.#parts;
    const { arrival, index, dapp } = entry;
    const at = clock.now();
    const kind = opened.block.entries[index]?.kind ?? '';
    let outcome: Outcome;
    try {
      outcome = await playEntry(judge, opened, index, run.overlay, at, caps);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      const tries = FAILED_ON_ENTRY.has(error.code) ? entry.tries + 1 : entry.tries;
      log.warn({ dapp, kind, code: error.code, tries, ...error.fields }, `dapp failed: ${error.message}`);
      if (tries < ENTRY_TRIES_MAX) {
        run.down.add(dapp);
        run.waiting.push({ arrival, index, dapp, tries, code: error.code });
        return;
      }
      outcome = refused('dapp_failed', `${dapp} failed ${tries} times on this entry, last with ${error.code}`);
    }
    if (outcome.ok) run.take(dapp, outcome, this.#parts.blocks);
    run.played.push({ arrival, index, dapp, kind, tags: tagsOf(bodyOf(opened, index, caps)), outcome, at });
  }

  #commitAndGoOn(run: Run): Run {
    this.#commit(run);
    return new Run(this.#parts.state, run.arrival, run.down);
  }

  #commit(run: Run): void {
    const { transactor, journal } = this.#parts;
    const changes = [...run.overlay.changes()];
    if (run.played.length === 0 && run.waiting.length === 0 && run.arrival === journal.foldedTo()) return;
    transactor.commitFold({ arrival: run.arrival, played: run.played, waiting: run.waiting, erased: run.erased });
    this.#waits?.take(run.played, run.waiting);
    this.committed.fire();
    this.#onCommit(new Map(changes.map(({ dapp, writes }) => [dapp, writes.map((write) => write.key)])));
  }

  #planRetry(wasDue: boolean): void {
    const hasWaiting = (this.#waits?.size ?? 0) > 0;
    if (hasWaiting && !wasDue && this.#cancelRetry !== null) return;
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    if (!hasWaiting) this.#retryDelayMs = FOLD_RETRY_DELAY_MS_MIN;
    if (!hasWaiting || this.#isStopped) return;
    this.#retryLater();
  }

  #retryLater(): void {
    this.#cancelRetry?.();
    if (this.#isStopped) return;
    this.#cancelRetry = this.#parts.clock.after(this.#retryDelayMs, () => {
      this.#cancelRetry = null;
      this.#isRetryDue = true;
      this.wake();
    });
    this.#retryDelayMs = Math.min(this.#retryDelayMs * 2, DAPP_RESTART_DELAY_MS_MAX);
  }
}
