import type { CodedError } from '../base/errors.ts';
import { READER_BADGES_PER_SECOND_MAX, READER_QUEUE_MAX } from '../base/limits.ts';
import type { Clock } from '../base/ports.ts';
import { type Credential, isSameCredential } from './credential.ts';

/** `open`: badges can be heard. `lost`: they cannot; the reader goes on trying by itself. */
export type ReaderState = 'open' | 'lost';

export interface ReaderOptions {
  readonly name: string;
  readonly clock: Clock;
  /**
   * One presentation of one card. Called synchronously, one at a time, in the order of the wire, and never after
   * `stop` has resolved. `receivedNs` is `process.hrtime.bigint()` when the read that brought the last byte was
   * delivered. It must not throw: what it throws ends the process. At most `READER_QUEUE_MAX` calls come
   * at once and `READER_BADGES_PER_SECOND_MAX` a second in the long run, whatever the wire carries, so a caller that
   * queues them needs no more room than that for the time it may take. `pin` is what was typed for the card, 4 to 12
   * digits; it goes no further than its hash.
   */
  readonly onBadge: (credential: Credential, receivedNs: bigint, pin?: string) => void;
  /** Called when the state becomes another one, the first included; `cause` tells why a reader is lost. */
  readonly onState: (state: ReaderState, cause?: CodedError) => void;
}

/** Totals since the reader was made. */
export interface ReaderStats {
  /** Calls of `onBadge`. */
  readonly badges: number;
  /** Frames of a card that had already been reported and was still there. */
  readonly repeats: number;
  /** Good frames not reported because the reader was over its rate. */
  readonly dropped: number;
  /** Frames refused, by the reason of the reader's own protocol. */
  readonly refused: Readonly<Record<string, number>>;
  readonly strayBytes: number;
  /** Bytes of an unfinished frame now held. */
  readonly bufferedBytes: number;
  /** How often reading paused because more bytes came than any line this slow can carry. */
  readonly throttled: number;
}

export interface Reader {
  readonly name: string;
  /** Resolves after the first try to open the reader, also when it failed: then it is `lost` and retried. Once. */
  start(): Promise<void>;
  /** Resolves when the reader is closed; nothing is called afterwards. May be called again, and before `start`. */
  stop(): Promise<void>;
  stats(): ReaderStats;
}

/**
 * How long a card must have been away to count as presented again. A module repeats a card that lies on it about
 * every 65 ms (others up to 220 ms), so half a second spans one or two repeats lost to noise; and a person who
 * takes a card off and holds it on again takes longer than that.
 */
const PRESENTATION_GAP_MS = 500;

/**
 * What stands between a reader's parser and its owner: one event a presentation, and a rate that a babbling or
 * flooded reader cannot exceed. It keeps one credential and one number, so there is nothing that could grow: what is
 * over the rate is dropped and counted.
 *
 * The same card repeating is one presentation until it was silent for more than `PRESENTATION_GAP_MS`; another card
 * is a new presentation at once. A dropped one does not count as reported, so a card that stays is heard as soon as
 * the rate allows.
 */
export class BadgeGate {
  readonly #options: Pick<ReaderOptions, 'clock' | 'onBadge'>;
  #last: Credential | undefined;
  #lastSeenMs = 0;
  #tokens = READER_QUEUE_MAX;
  #tokensAtMs: number;
  #badges = 0;
  #repeats = 0;
  #dropped = 0;

  constructor(options: Pick<ReaderOptions, 'clock' | 'onBadge'>) {
    this.#options = options;
    this.#tokensAtMs = options.clock.monotonicMs();
  }

  get counts(): Pick<ReaderStats, 'badges' | 'repeats' | 'dropped'> {
    return { badges: this.#badges, repeats: this.#repeats, dropped: this.#dropped };
  }

  pass(credential: Credential, receivedNs: bigint): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#isSame(credential) && nowMs - this.#lastSeenMs <= PRESENTATION_GAP_MS) {
      this.#lastSeenMs = nowMs;
      this.#repeats += 1;
      return;
    }
    if (!this.#takeToken(nowMs)) {
      this.#last = undefined;
      this.#dropped += 1;
      return;
    }
    this.#last = credential;
    this.#lastSeenMs = nowMs;
    this.#badges += 1;
    this.#options.onBadge(credential, receivedNs);
  }

  #isSame(credential: Credential): boolean {
    return this.#last !== undefined && isSameCredential(this.#last, credential);
  }

  #takeToken(nowMs: number): boolean {
    const earned = ((nowMs - this.#tokensAtMs) * READER_BADGES_PER_SECOND_MAX) / 1000;
    this.#tokens = Math.min(READER_QUEUE_MAX, this.#tokens + earned);
    this.#tokensAtMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
