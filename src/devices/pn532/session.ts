import { assert } from '../../base/assert.ts';
import { CodedError } from '../../base/errors.ts';
import type { Clock } from '../../base/ports.ts';
import {
  ACK_MS_MAX,
  ANSWER_MS_MAX,
  COMMAND_TRIES_MAX,
  GET_FIRMWARE_VERSION,
  IC_PN532,
  IN_LIST_PASSIVE_TARGET,
  LINE_MS_MAX,
  POLL_PAUSE_MS,
  RF_CONFIGURATION,
  SAM_CONFIGURATION,
  TYPE_A_106,
  WAKE,
} from './constants.ts';
import { type ChipMessage, encodeCommand } from './frame.ts';

interface SessionOptions {
  readonly clock: Clock;
  /** Sends bytes to the chip; false when they cannot be sent. */
  readonly write: (bytes: Uint8Array) => boolean;
  /** The chip is a PN532 and set up. Once. */
  readonly onReady: () => void;
  /** An answer to InListPassiveTarget, which begins with its code. */
  readonly onTarget: (data: Uint8Array) => void;
  /** The session is over: pn532_silent, pn532_refused or pn532_foreign. Once, and nothing is called afterwards. */
  readonly onFailed: (error: CodedError) => void;
}

interface Step {
  readonly name: string;
  /** Code and parameters. */
  readonly command: readonly number[];
  readonly next: (data: Uint8Array) => void;
}

/** Normal mode, no time limit of the security module, no interrupt line (UM0701-02, 7.2.10). */
const SAM_NORMAL = [SAM_CONFIGURATION, 0x01, 0x14, 0x00];
/**
 * Tries for a card: item 5, ATR and PSL as they are after reset, then 2 more after the first (7.3.1). Without it the
 * chip tries for ever and says nothing, and a dead one looks like one that sees no card.
 */
const TRIES_FEW = [RF_CONFIGURATION, 0x05, 0xff, 0x01, 0x02];
const LIST_ONE_TYPE_A = [IN_LIST_PASSIVE_TARGET, 0x01, TYPE_A_106];

const ADVICE = 'check power and wiring, that RX and TX are crossed, and that the switches of the board say HSU';

/**
 * One conversation with a PN532: wakes it, sets it up, and asks again and again whether a card is there. Each command
 * is acknowledged and answered, or sent again, `COMMAND_TRIES_MAX` times in all. At most one is under way and one timer
 * runs, so that nothing can grow.
 *
 * SAMConfiguration comes first because the chip, woken from the power state that it starts in, takes nothing else
 * (NXP AN133910; libnfc does the same), and only then it is asked what it is.
 */
export class Pn532Session {
  readonly #options: SessionOptions;
  #step: Step | undefined;
  #tries = 0;
  #isAcknowledged = false;
  #isOver = false;
  #cancel: () => void = () => undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Once. */
  start(): void {
    assert(this.#step === undefined && !this.#isOver, 'a session is started once');
    const poll = () => this.#begin({ name: 'InListPassiveTarget', command: LIST_ONE_TYPE_A, next: heard });
    const heard = (data: Uint8Array) => {
      this.#options.onTarget(data);
      this.#wait(POLL_PAUSE_MS, poll);
    };
    const ready = () => {
      this.#options.onReady();
      this.#wait(0, poll);
    };
    const tries = () => this.#begin({ name: 'RFConfiguration', command: TRIES_FEW, next: ready });
    const check = ([, chip]: Uint8Array) => {
      if (chip === IC_PN532) tries();
      else this.#fail('pn532_foreign', `the chip calls itself ${chip}, and a PN532 is ${IC_PN532}`);
    };
    const firmware = () => this.#begin({ name: 'GetFirmwareVersion', command: [GET_FIRMWARE_VERSION], next: check });
    this.#begin({ name: 'SAMConfiguration', command: SAM_NORMAL, next: firmware });
  }

  /** Ends it; nothing is called afterwards. */
  stop(): void {
    this.#isOver = true;
    this.#cancel();
  }

  hear(message: ChipMessage): void {
    const step = this.#step;
    if (step === undefined || this.#isOver) return;
    if (message.type === 'error') {
      this.#again('pn532_refused', `the chip refused ${step.name}`);
    } else if (message.type === 'ack' && !this.#isAcknowledged) {
      this.#isAcknowledged = true;
      this.#wait(ANSWER_MS_MAX, () => this.#again('pn532_silent', `the chip did not answer ${step.name}`));
    } else if (message.type === 'data' && this.#isAcknowledged && message.data[0] === (step.command[0] ?? 0) + 1) {
      this.#cancel();
      this.#step = undefined;
      step.next(message.data);
    }
    // Anything else is late: an acknowledgement or an answer to a command that was sent again since.
  }

  #begin(step: Step): void {
    this.#step = step;
    this.#tries = 0;
    this.#send(step);
  }

  #send(step: Step): void {
    this.#tries += 1;
    this.#isAcknowledged = false;
    const frame = encodeCommand(Uint8Array.from(step.command));
    const isFirst = step.command[0] === SAM_CONFIGURATION;
    this.#wait((ACK_MS_MAX + LINE_MS_MAX) * 2 ** (this.#tries - 1), () =>
      this.#again('pn532_silent', `the chip did not acknowledge ${step.name}`),
    );
    // What cannot be sent is not acknowledged either.
    this.#options.write(isFirst ? Uint8Array.of(...WAKE, ...frame) : frame);
  }

  #again(code: string, message: string): void {
    const step = this.#step;
    assert(step !== undefined, 'a command is under way');
    if (this.#tries < COMMAND_TRIES_MAX) this.#send(step);
    else this.#fail(code, `${message}, asked ${COMMAND_TRIES_MAX} times`);
  }

  #fail(code: string, message: string): void {
    this.stop();
    this.#options.onFailed(new CodedError(code, message, { advice: ADVICE }));
  }

  #wait(delayMs: number, task: () => void): void {
    this.#cancel();
    this.#cancel = this.#options.clock.after(delayMs, task);
  }
}
