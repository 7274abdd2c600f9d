import { assert } from '../../base/assert.ts';
import { BADGE_FRAME_BYTES_MAX } from '../../base/limits.ts';
import type { Credential } from '../credential.ts';
import { FRAME_CRLF_BYTES, FRAME_END, FRAME_START } from './constants.ts';
import { decodeFrame, type FrameFault } from './frame.ts';

assert(FRAME_CRLF_BYTES <= BADGE_FRAME_BYTES_MAX, 'the longest frame is within the cap of every badge frame');

/** `no_end`: cut off by the start of the next frame or by the loss of the port. The others are a frame's own. */
type Refusal = FrameFault | 'no_end';

/**
 * Finds frames in bytes that arrive in pieces of any size. It holds at most one unfinished frame, whatever is fed.
 *
 * Resynchronisation rests on one fact: a frame between its `02` and its `03` is ASCII, so a `02` is always a start.
 * A `02` inside a frame therefore ends that frame (`no_end`) and begins the next. What noise costs:
 *
 * - a bad, lost or added byte inside a frame: that frame;
 * - a lost `03`: that frame. The next one's `02` ends it, and the next one is heard;
 * - a lost `02`: that frame; its bytes are stray;
 * - a spurious `02` or `03` inside a frame: that frame (`no_end` and `short`; or `short`, the rest stray);
 * - a spurious `02` between frames: nothing; a spurious `03` there: nothing;
 * - a `03` and the `02` after it lost together: both frames;
 * - no end within a frame's longest length: that frame (`over_long`), the rest of it stray.
 *
 * The parser knows no time: half a frame waits until the next `02`. Halves of two frames join only when exactly the
 * bytes between them are lost; the XOR then lets one in 256 pass, and that number must still be enrolled.
 * A card that lies on the reader repeats, so a lost frame costs its owner a tenth of a second.
 */
export class Rdm6300Parser {
  readonly #onCredential: (credential: Credential) => void;
  readonly #frame = new Uint8Array(FRAME_CRLF_BYTES);
  #length = 0;
  #strayBytes = 0;
  readonly #refused: Record<Refusal, number> = {
    short: 0,
    over_long: 0,
    bad_digit: 0,
    bad_checksum: 0,
    zero_uid: 0,
    no_end: 0,
  };

  /** `onCredential` runs inside `push`, once for each good frame, in the order of the wire. */
  constructor(onCredential: (credential: Credential) => void) {
    this.#onCredential = onCredential;
  }

  /** Frames refused so far, by reason. */
  get refused(): Readonly<Record<Refusal, number>> {
    return { ...this.#refused };
  }

  /** Bytes outside of any frame, the rest of a frame given up included. */
  get strayBytes(): number {
    return this.#strayBytes;
  }

  /** Bytes of the unfinished frame now held. */
  get bufferedBytes(): number {
    return this.#length;
  }

  push(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte === FRAME_START) {
        this.reset();
      } else if (this.#length === 0) {
        this.#strayBytes += 1;
        continue;
      }
      this.#frame[this.#length] = byte;
      this.#length += 1;
      if (byte === FRAME_END) this.#finish();
      else if (this.#length === FRAME_CRLF_BYTES) this.#giveUp('over_long');
    }
  }

  /** Forgets an unfinished frame, as when the port was lost: its rest will not come. */
  reset(): void {
    if (this.#length > 0) this.#giveUp('no_end');
  }

  #giveUp(reason: Refusal): void {
    this.#length = 0;
    this.#refused[reason] += 1;
  }

  #finish(): void {
    const decoded = decodeFrame(this.#frame.subarray(0, this.#length));
    this.#length = 0;
    if (typeof decoded === 'string') this.#refused[decoded] += 1;
    else this.#onCredential(decoded);
  }
}
