import { PIN_DIGITS_MAX, PIN_DIGITS_MIN, PIN_ENTRY_MS_MAX } from '../../base/limits.ts';
import type { Clock } from '../../base/ports.ts';
import { type Credential, isSameCredential } from '../credential.ts';
import type { Key } from './keypad.ts';

/**
 * When a PIN is typed, as the door's people are told. It is configured, because a reader does not know whether its door
 * asks for one, and a card must not wait where none is asked for.
 *
 * - `before`: PIN, `#`, card. A card goes on at once, with what was typed before it, if anything was.
 * - `after`: card, PIN, `#`. A card waits for the PIN; `#` alone sends it on without one. `before` works too.
 * - `none`: keys mean nothing.
 */
export type PinOrder = 'before' | 'after' | 'none';

interface PinEntryOptions {
  readonly order: PinOrder;
  readonly clock: Clock;
  /** A card, and the PIN that was typed for it. Called once for each card that was given to `card`, in their order. */
  readonly onBadge: (credential: Credential, receivedNs: bigint, pin?: string) => void;
}

interface HeldCard {
  readonly credential: Credential;
  readonly receivedNs: bigint;
}

/**
 * What is typed at a reader, and the card it belongs to: `PIN_DIGITS_MIN` to `PIN_DIGITS_MAX` digits ended by `#`; `*`
 * clears. It holds at most so many digits, one PIN and one card, each for at most `PIN_ENTRY_MS_MAX`: digits since the
 * last key, a PIN since its `#`, a card since it was held to the reader. A PIN belongs to the one card that is waiting
 * or comes next.
 */
export class PinEntry {
  readonly #options: PinEntryOptions;
  #digits = '';
  #isOverLong = false;
  #keyAtMs = 0;
  #pin: string | undefined;
  #pinAtMs = 0;
  #held: HeldCard | undefined;
  #cancel: () => void = () => undefined;
  #refused = 0;

  constructor(options: PinEntryOptions) {
    this.#options = options;
  }

  /** PINs with too few or too many digits. */
  get refused(): number {
    return this.#refused;
  }

  card(credential: Credential, receivedNs: bigint): void {
    // Held to the reader once more while it waits, it goes on waiting.
    if (this.#held !== undefined && isSameCredential(this.#held.credential, credential)) return;
    this.#release();
    const pin = this.#takePin();
    // Digits without their `#` were meant for no card that came later.
    this.#clearDigits();
    this.#held = { credential, receivedNs };
    if (this.#options.order !== 'after' || pin !== undefined) {
      this.#release(pin);
      return;
    }
    this.#cancel = this.#options.clock.after(PIN_ENTRY_MS_MAX, () => {
      this.#clearDigits();
      this.#release();
    });
  }

  key(key: Key): void {
    if (this.#options.order === 'none') return;
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#keyAtMs > PIN_ENTRY_MS_MAX) this.#clearDigits();
    this.#keyAtMs = nowMs;
    if (key === '*') {
      this.#clearDigits();
      this.#pin = undefined;
    } else if (key === '#') {
      this.#finish(nowMs);
    } else if (this.#digits.length < PIN_DIGITS_MAX) {
      this.#digits += key;
    } else {
      this.#isOverLong = true;
    }
  }

  /** Forgets what was typed, and the card that waits: nobody is to be told any more. */
  stop(): void {
    this.#clearDigits();
    this.#pin = undefined;
    this.#held = undefined;
    this.#cancel();
  }

  #finish(nowMs: number): void {
    const [digits, isOverLong] = [this.#digits, this.#isOverLong];
    this.#clearDigits();
    if (digits === '') {
      this.#release();
    } else if (isOverLong || digits.length < PIN_DIGITS_MIN) {
      this.#refused += 1;
    } else if (this.#held !== undefined) {
      this.#release(digits);
    } else {
      this.#pin = digits;
      this.#pinAtMs = nowMs;
    }
  }

  #takePin(): string | undefined {
    const pin = this.#pin;
    this.#pin = undefined;
    return this.#options.clock.monotonicMs() - this.#pinAtMs > PIN_ENTRY_MS_MAX ? undefined : pin;
  }

  /** Sends on the card that waits, if one does. */
  #release(pin?: string): void {
    const held = this.#held;
    this.#held = undefined;
    this.#cancel();
    if (held !== undefined)
      this.#options.onBadge(held.credential, held.receivedNs, ...(pin === undefined ? [] : [pin]));
  }

  #clearDigits(): void {
    this.#digits = '';
    this.#isOverLong = false;
  }
}
