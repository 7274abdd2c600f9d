import { Duplex } from 'node:stream';
import { codeOf, messageOf } from '../base/errors.ts';
import { BROKER_OUTGOING_BYTES_MAX, BROKER_READ_BYTES_MAX } from '../base/limits.ts';
import type { Clock } from '../base/ports.ts';
import type { Backlog } from './backlog.ts';
import { type Budget, newBudget } from './bucket.ts';
import { FrameScanner } from './frames.ts';

/** How long a connection waits when its packets of this second are used up. */
const REFILL_MS = 100;

/** Which listener let it in. */
export type Way = 'tls' | 'loopback' | 'plain';

export interface ConnectionParts {
  /** The socket, or the TLS over it. */
  readonly wire: Duplex;
  readonly way: Way;
  readonly remote: string;
  readonly clock: Clock;
  /** Of all connections. */
  readonly backlog: Backlog;
  /** Why it ended, where the other side is to blame. */
  readonly onFault: (code: string, message: string) => void;
}

/**
 * A connection between the wire and aedes, which reads and writes it as a stream. Coming in: packets are told apart
 * and bounded before they are parsed, and a device that sends more than its budget is read more slowly, so that what
 * is too much waits in its own kernel. Going out: what the client does not take is bounded, and whoever takes too
 * little is cut off; aedes itself would let everybody who publishes to such a client wait for it.
 */
export class Connection extends Duplex {
  readonly way: Way;
  readonly remote: string;
  readonly #wire: Duplex;
  readonly #clock: Clock;
  readonly #backlog: Backlog;
  readonly #onFault: ConnectionParts['onFault'];
  readonly #scanner = new FrameScanner();
  /** Its own until it is known whose connection it is. */
  budget: Budget;
  #isEnded = false;
  #cancelRefill: (() => void) | null = null;
  /** Read from the wire and not passed on yet; at most one read. */
  #rest: Buffer | null = null;

  constructor({ wire, way, remote, clock, backlog, onFault }: ConnectionParts) {
    // A write is never told to wait: over the bound the connection ends.
    super({ writableHighWaterMark: 2 * BROKER_OUTGOING_BYTES_MAX, readableHighWaterMark: BROKER_READ_BYTES_MAX });
    this.way = way;
    this.remote = remote;
    this.#wire = wire;
    this.#clock = clock;
    this.#backlog = backlog;
    this.#onFault = onFault;
    this.budget = newBudget(clock.monotonicMs());
    wire.on('data', (chunk: Buffer) => this.#take(chunk));
    // What came before the end is still read: a client may say what it has to say, and leave.
    for (const event of ['end', 'close']) wire.on(event, () => this.#end());
    wire.on('error', () => this.destroy());
    wire.on('drain', () => backlog.isTooMuch(this, wire.writableLength));
  }

  /** Ends it because of what the other side did. */
  fault(code: string, message: string): void {
    if (this.destroyed) return;
    this.#onFault(code, message);
    this.destroy();
  }

  /** What reads a connection runs within the event that says there is something: what it trips over is its end. */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event !== 'readable') return super.emit(event, ...args);
    try {
      return super.emit(event, ...args);
    } catch (error) {
      this.fault('packet_malformed', messageOf(error));
      return true;
    }
  }

  override _read(): void {
    if (this.#rest === null && this.#cancelRefill === null) this.#wire.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#wire.write(chunk);
    done();
    if (this.#backlog.isTooMuch(this, this.#wire.writableLength))
      this.fault('slow_consumer', 'it takes its messages too slowly');
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#wire.end();
    done();
  }

  override _destroy(_error: Error | null, done: (error: Error | null) => void): void {
    this.#cancelRefill?.();
    this.#backlog.isTooMuch(this, 0);
    this.#rest = null;
    this.#wire.destroy();
    // Whoever reads has been told by the end of it; an error that nobody hears would end the process.
    done(null);
  }

  #end(): void {
    if (this.#isEnded || this.destroyed) return;
    this.#isEnded = true;
    if (this.#rest === null) this.push(null);
  }

  #take(chunk: Buffer): void {
    if (this.destroyed) return;
    this.#rest = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#pass();
  }

  #pass(): void {
    const rest = this.#rest;
    if (rest === null || this.destroyed) return;
    try {
      const nowMs = this.#clock.monotonicMs();
      const chunk = rest.subarray(0, this.budget.bytes.available(nowMs));
      const { bytes, packets } = this.#scanner.take(chunk, this.budget.packets.available(nowMs));
      this.budget.packets.spend(packets);
      this.budget.bytes.spend(bytes);
      this.#rest = bytes < rest.length ? rest.subarray(bytes) : null;
      const takesMore = bytes === 0 || this.push(rest.subarray(0, bytes));
      if (!takesMore || this.#rest !== null) this.#wire.pause();
      if (this.#rest !== null) this.#waitForRefill();
      else if (this.#isEnded) this.push(null);
    } catch (error) {
      this.fault(codeOf(error) ?? 'packet_malformed', messageOf(error));
    }
  }

  #waitForRefill(): void {
    this.#cancelRefill ??= this.#clock.after(REFILL_MS, () => {
      this.#cancelRefill = null;
      this.#pass();
      if (this.#rest === null && !this.destroyed) this.#wire.resume();
    });
  }
}
