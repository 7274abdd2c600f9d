import { SerialPort } from 'serialport';
import { assert } from '../base/assert.ts';
import { CodedError, messageOf } from '../base/errors.ts';
import {
  SERIAL_READ_BYTES_MAX,
  SERIAL_REOPEN_DELAY_MS_MAX,
  SERIAL_REOPEN_DELAY_MS_MIN,
  SERIAL_WINDOW_BYTES_MAX,
  SERIAL_WRITE_BYTES_MAX,
  SERIAL_WRITE_MS_MAX,
} from '../base/limits.ts';
import type { Clock } from '../base/ports.ts';

interface SerialOptions {
  readonly path: string;
  readonly baudRate: number;
  /** Default 8. */
  readonly dataBits?: 5 | 6 | 7 | 8;
  /** Default 'none'. */
  readonly parity?: 'none' | 'even' | 'odd';
  /** Default 1. */
  readonly stopBits?: 1 | 2;
  readonly clock: Clock;
  /**
   * At most `SERIAL_READ_BYTES_MAX` bytes, valid only during the call; `receivedNs` is `process.hrtime.bigint()` when
   * they were delivered. What it throws ends the process.
   */
  readonly onBytes: (bytes: Uint8Array, receivedNs: bigint) => void;
  /** Called when the state becomes another one; `cause` is `serial_open_failed` or `serial_lost`. */
  readonly onState: (state: 'open' | 'lost', cause?: CodedError) => void;
}

/** Over `SERIAL_WINDOW_BYTES_MAX` within this time, reading pauses until it is over: the rest of the board goes on. */
const WINDOW_MS = 100;

/** How often an open port is asked whether it is still there (see `#watch`). */
const WATCH_MS = 500;

const BAUD_RATE_MAX = 4_000_000;

function checkOptions(options: SerialOptions): void {
  const { path, baudRate } = options;
  const isRate = Number.isSafeInteger(baudRate) && baudRate > 0 && baudRate <= BAUD_RATE_MAX;
  if (path !== '' && !path.includes('\0') && isRate) return;
  throw new CodedError('bad_serial_options', 'a serial port needs a path and a baud rate', {
    fields: { path, baudRate },
    advice: 'name the device, such as /dev/serial0, and a rate such as 9600',
  });
}

/**
 * Reads a serial port for as long as it is wanted, and writes to it while it is open. A port that is missing or disappears is tried again after
 * `SERIAL_REOPEN_DELAY_MS_MIN`, then twice that, and so on to `SERIAL_REOPEN_DELAY_MS_MAX`; the delay starts anew once
 * the port has delivered a byte or stayed open that long, so that a flapping one is not reopened ten times a second.
 * The port is opened exclusively, and opening throws away what was sent before: a card shown while nobody listened
 * opens nothing later.
 */
export class SerialSource {
  readonly #options: SerialOptions;
  #state: 'new' | 'open' | 'lost' = 'new';
  #port: SerialPort | undefined;
  #attempt: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  #cancelTimer: () => void = () => undefined;
  #cancelResume: () => void = () => undefined;
  #cancelStall: () => void = () => undefined;
  #delayMs = SERIAL_REOPEN_DELAY_MS_MIN;
  #openedAtMs = 0;
  #bytesHeard = 0;
  #windowAtMs = 0;
  #windowBytes = 0;
  #throttled = 0;

  /** @throws bad_serial_options */
  constructor(options: SerialOptions) {
    checkOptions(options);
    this.#options = options;
  }

  /** How often reading was paused because too much came. */
  get throttled(): number {
    return this.#throttled;
  }

  /** Resolves after the first try to open, also when it failed. Once only. */
  async start(): Promise<void> {
    assert(this.#attempt === undefined, 'a serial source is started once');
    if (this.#stopped !== undefined) return;
    this.#attempt = this.#open();
    await this.#attempt;
  }

  /**
   * Sends bytes in the order of the calls. What is sent is small and answered, so nothing waits for a port that is not
   * there: false, and nothing is sent, while it is not open or over `SERIAL_WRITE_BYTES_MAX` wait already. A port that
   * takes nothing for `SERIAL_WRITE_MS_MAX` is lost and opened anew.
   */
  write(bytes: Uint8Array): boolean {
    const port = this.#port;
    if (port === undefined || this.#stopped !== undefined) return false;
    if (port.writableLength + bytes.length > SERIAL_WRITE_BYTES_MAX) return false;
    if (port.writableLength === 0) this.#armStall(port);
    // A failure is told by `close` or `error` too.
    port.write(Buffer.from(bytes), () => {
      if (port !== this.#port) return;
      if (port.writableLength === 0) this.#cancelStall();
      else this.#armStall(port);
    });
    return true;
  }

  #armStall(port: SerialPort): void {
    this.#cancelStall();
    const stalled = `it took no bytes for ${SERIAL_WRITE_MS_MAX} ms`;
    this.#cancelStall = this.#options.clock.after(SERIAL_WRITE_MS_MAX, () => this.#drop(port, stalled));
  }

  /** Resolves when the port is closed; no callback runs afterwards. May be called more than once. */
  stop(): Promise<void> {
    this.#stopped ??= this.#shut();
    return this.#stopped;
  }

  async #shut(): Promise<void> {
    this.#cancelTimers();
    // An opening port cannot be called back: wait for it, or its descriptor would leak.
    await this.#attempt;
    const port = this.#port;
    this.#port = undefined;
    if (port?.isOpen) await new Promise<void>((resolve) => port.close(() => resolve()));
  }

  #open(): Promise<void> {
    const { path, baudRate, dataBits = 8, parity = 'none', stopBits = 1 } = this.#options;
    const port = new SerialPort({
      path,
      baudRate,
      dataBits,
      parity,
      stopBits,
      autoOpen: false,
      highWaterMark: SERIAL_READ_BYTES_MAX,
    });
    port.on('data', (bytes: Buffer) => this.#hear(port, bytes));
    port.on('close', (error: unknown) => this.#drop(port, error));
    port.on('error', (error) => this.#drop(port, error));
    return new Promise((resolve) => {
      port.open((error) => {
        if (error) this.#lose('serial_open_failed', error);
        else this.#welcome(port);
        resolve();
      });
    });
  }

  #welcome(port: SerialPort): void {
    this.#port = port;
    if (this.#stopped !== undefined) return;
    this.#openedAtMs = this.#options.clock.monotonicMs();
    this.#bytesHeard = 0;
    this.#watch(port);
    this.#state = 'open';
    this.#options.onState('open');
  }

  #hear(port: SerialPort, bytes: Uint8Array): void {
    const receivedNs = process.hrtime.bigint();
    if (port !== this.#port || this.#stopped !== undefined) return;
    this.#bytesHeard += bytes.length;
    this.#throttle(port, bytes.length);
    this.#options.onBytes(bytes, receivedNs);
  }

  #throttle(port: SerialPort, length: number): void {
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#windowAtMs >= WINDOW_MS) {
      this.#windowAtMs = nowMs;
      this.#windowBytes = 0;
    }
    this.#windowBytes += length;
    if (this.#windowBytes < SERIAL_WINDOW_BYTES_MAX) return;
    this.#throttled += 1;
    port.pause();
    this.#cancelResume();
    this.#cancelResume = clock.after(WINDOW_MS - (nowMs - this.#windowAtMs), () => {
      this.#windowAtMs = clock.monotonicMs();
      this.#windowBytes = 0;
      port.resume();
    });
  }

  /**
   * A port that hangs up while a read is under way makes serialport 13 read 0 bytes again and again, for ever: no
   * `close`, a busy core and a growing heap. Any terminal call tells (EIO); draining is one with hardly an effect here:
   * the few bytes that `write` takes leave in milliseconds. Draining waits for those that the port does not take, and
   * then `#armStall` watches.
   */
  #watch(port: SerialPort): void {
    this.#cancelTimer = this.#options.clock.after(WATCH_MS, () => {
      port.drain((error) => {
        if (port !== this.#port || this.#stopped !== undefined) return;
        if (error) this.#drop(port, error);
        else this.#watch(port);
      });
    });
  }

  /** The port is of no use any more, whatever told us so first. */
  #drop(port: SerialPort, error: unknown): void {
    if (port !== this.#port) return;
    this.#port = undefined;
    this.#cancelTimers();
    if (port.isOpen) port.close(() => undefined);
    const openMs = this.#options.clock.monotonicMs() - this.#openedAtMs;
    if (this.#bytesHeard > 0 || openMs >= SERIAL_REOPEN_DELAY_MS_MAX) this.#delayMs = SERIAL_REOPEN_DELAY_MS_MIN;
    this.#lose('serial_lost', error);
  }

  #cancelTimers(): void {
    this.#cancelTimer();
    this.#cancelResume();
    this.#cancelStall();
  }

  #lose(code: string, error: unknown): void {
    if (this.#stopped !== undefined) return;
    const { path, clock, onState } = this.#options;
    this.#cancelTimer = clock.after(this.#delayMs, () => {
      this.#attempt = this.#open();
    });
    this.#delayMs = Math.min(this.#delayMs * 2, SERIAL_REOPEN_DELAY_MS_MAX);
    if (this.#state === 'lost') return;
    this.#state = 'lost';
    const message = `serial port ${path} is not there: ${messageOf(error)}`;
    const advice = 'Check the cable, the device name, and that no other program or console uses the port.';
    onState('lost', new CodedError(code, message, { fields: { path }, cause: error, advice }));
  }
}
