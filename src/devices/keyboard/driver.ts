import { assert } from '../../base/assert.ts';
import type { CodedError } from '../../base/errors.ts';
import { KEYBOARD_REOPEN_DELAY_MS_MAX, KEYBOARD_REOPEN_DELAY_MS_MIN } from '../../base/limits.ts';
import { BadgeGate, type Reader, type ReaderOptions, type ReaderStats } from '../reader.ts';
import { EvdevHelper } from './evdev.ts';
import type { TypedFormat } from './frame.ts';
import { KeyboardParser } from './parser.ts';

interface KeyboardOptions extends ReaderOptions {
  /** An event device, best a name below /dev/input/by-id. */
  readonly path: string;
  readonly format: TypedFormat;
}

/**
 * A USB badge reader that poses as a keyboard. It is read only while it is grabbed, so that no badge reaches a console.
 * One that is missing, unplugged or taken by another is tried again after `KEYBOARD_REOPEN_DELAY_MS_MIN`, then twice
 * that, and so on to `KEYBOARD_REOPEN_DELAY_MS_MAX`; the delay starts anew once it was ours.
 */
export class KeyboardReader implements Reader {
  readonly name: string;
  readonly #options: KeyboardOptions;
  readonly #gate: BadgeGate;
  readonly #parser: KeyboardParser;
  #helper: EvdevHelper | undefined;
  #state: 'open' | 'lost' | undefined;
  #stopped: Promise<void> | undefined;
  #delayMs = KEYBOARD_REOPEN_DELAY_MS_MIN;
  #cancelRetry: () => void = () => undefined;
  #throttledBefore = 0;
  readonly #tried = Promise.withResolvers<void>();

  constructor(options: KeyboardOptions) {
    this.name = options.name;
    this.#options = options;
    this.#gate = new BadgeGate(options);
    this.#parser = new KeyboardParser(options.format, (credential) => {
      this.#gate.pass(credential, process.hrtime.bigint());
    });
  }

  async start(): Promise<void> {
    assert(this.#helper === undefined, 'a reader is started once');
    if (this.#stopped !== undefined) return;
    this.#open();
    await this.#tried.promise;
  }

  stop(): Promise<void> {
    this.#cancelRetry();
    this.#tried.resolve();
    this.#stopped ??= this.#helper?.stop() ?? Promise.resolve();
    return this.#stopped;
  }

  stats(): ReaderStats {
    return {
      ...this.#gate.counts,
      refused: this.#parser.refused,
      strayBytes: this.#parser.strayKeys,
      bufferedBytes: this.#parser.bufferedChars,
      throttled: this.#throttledBefore + (this.#helper?.throttled ?? 0),
    };
  }

  #open(): void {
    this.#throttledBefore += this.#helper?.throttled ?? 0;
    this.#helper = new EvdevHelper({
      path: this.#options.path,
      clock: this.#options.clock,
      onReady: () => {
        this.#delayMs = KEYBOARD_REOPEN_DELAY_MS_MIN;
        this.#become('open');
      },
      onKey: (code, atNs) => this.#parser.press(code, atNs),
      onLost: (atNs) => this.#parser.lose(atNs),
      onEnd: (cause) => this.#lose(cause),
    });
  }

  #lose(cause: CodedError): void {
    this.#parser.reset();
    this.#become('lost', cause);
    if (this.#stopped !== undefined) return;
    this.#cancelRetry = this.#options.clock.after(this.#delayMs, () => this.#open());
    this.#delayMs = Math.min(this.#delayMs * 2, KEYBOARD_REOPEN_DELAY_MS_MAX);
  }

  #become(state: 'open' | 'lost', cause?: CodedError): void {
    this.#tried.resolve();
    if (state === this.#state) return;
    this.#state = state;
    this.#options.onState(state, cause);
  }
}
