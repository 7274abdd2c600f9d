import type { CodedError } from '../../base/errors.ts';
import { BadgeGate, type Reader, type ReaderOptions, type ReaderState, type ReaderStats } from '../reader.ts';
import { CARD_FAULTS, type CardFault, credentialIn } from './card.ts';
import type { WiegandFormat } from './formats.ts';
import type { WiegandFrame } from './frame.ts';
import { decodeKey, KEY_BITS, KEY_CODES_DEFAULT, type Keypad } from './keypad.ts';
import { PinEntry, type PinOrder } from './pin-entry.ts';

/** What the process that owns the pins tells of one Wiegand reader. */
export interface WiegandListener {
  /** `atNs`: CLOCK_MONOTONIC at the last pulse, which is what `process.hrtime.bigint()` counts too. */
  readonly onFrame: (frame: WiegandFrame, atNs: bigint) => void;
  /** Pulses that made no frame; `babbling` is told once until the lines are quiet (PROTOCOL.md of the pins process). */
  readonly onFault: (reason: string) => void;
  /** Whether the lines are watched. Called once at the start too; `cause` tells why they are not. */
  readonly onState: (state: ReaderState, cause?: CodedError) => void;
}

/** Where frames come from. @returns a function that ends it. */
export type WiegandSource = (listener: WiegandListener) => () => void;

interface WiegandOptions extends ReaderOptions {
  readonly source: WiegandSource;
  /** `none`: a keypad alone. */
  readonly format: WiegandFormat | 'none';
  /** Of the 36-bit format. */
  readonly oem?: number;
  readonly keypad: Keypad | 'none';
  /** See `decodeKey`. */
  readonly keyCodes?: readonly number[];
  readonly pin: PinOrder;
}

type Refusal = CardFault | 'bad_key' | 'bad_pin' | 'bad_pulses';

/** A Wiegand reader, with a keypad or without; its pulses are watched by the pins process. */
export class WiegandReader implements Reader {
  readonly name: string;
  readonly #options: WiegandOptions;
  readonly #gate: BadgeGate;
  readonly #pin: PinEntry;
  readonly #refused: Record<Exclude<Refusal, 'bad_pin'>, number>;
  #throttled = 0;
  #end: (() => void) | undefined;
  #state: ReaderState | 'new' = 'new';

  constructor(options: WiegandOptions) {
    this.name = options.name;
    this.#options = options;
    this.#pin = new PinEntry({ order: options.pin, clock: options.clock, onBadge: options.onBadge });
    const onBadge = this.#pin.card.bind(this.#pin);
    this.#gate = new BadgeGate({ clock: options.clock, onBadge });
    const counts = [...CARD_FAULTS, 'bad_key', 'bad_pulses'].map((fault) => [fault, 0]);
    this.#refused = Object.fromEntries(counts) as Record<Exclude<Refusal, 'bad_pin'>, number>;
  }

  async start(): Promise<void> {
    this.#end = this.#options.source({
      onFrame: (frame, atNs) => this.#hear(frame, atNs),
      onFault: (reason) => {
        if (reason === 'babbling') this.#throttled += 1;
        else this.#refused.bad_pulses += 1;
      },
      onState: (state, cause) => {
        if (this.#state === state) return;
        this.#state = state;
        this.#options.onState(state, cause);
      },
    });
  }

  async stop(): Promise<void> {
    this.#end?.();
    this.#pin.stop();
  }

  stats(): ReaderStats {
    return {
      ...this.#gate.counts,
      refused: { ...this.#refused, bad_pin: this.#pin.refused } satisfies Record<Refusal, number>,
      strayBytes: 0,
      bufferedBytes: 0,
      throttled: this.#throttled,
    };
  }

  #hear(frame: WiegandFrame, atNs: bigint): void {
    const { format, keypad, keyCodes = KEY_CODES_DEFAULT, oem } = this.#options;
    if (keypad !== 'none' && frame.bits === KEY_BITS[keypad]) {
      const key = decodeKey(keypad, frame, keyCodes);
      if (key === 'bad_key') this.#refused.bad_key += 1;
      else this.#pin.key(key);
      return;
    }
    const read = format === 'none' ? 'bad_length' : credentialIn(format, frame, oem);
    if (typeof read === 'string') this.#refused[read] += 1;
    else this.#gate.pass(read, atNs);
  }
}
