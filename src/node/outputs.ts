import { toHex } from '../base/bytes.ts';
import { CodedError, codeOf } from '../base/errors.ts';
import { PINS_RECONNECT_DELAY_MS } from '../base/limits.ts';
import type { Clock, Randomness } from '../base/ports.ts';
import { connectPins, type PinsClient } from '../devices/pins/client.ts';
import type { PinsEvent } from '../devices/pins/events.ts';
import type { PinsInput, PinsOutput } from '../devices/pins/protocol.ts';
import type { Log } from '../sandbox/log.ts';

export interface OutputsParts {
  readonly socketPath: string;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  /** Runs each time a connection stands, before any pulse goes over it. */
  readonly onConnected: (pins: PinsClient) => Promise<void>;
  /** `isConnected` is another. */
  readonly onDrivable: () => void;
  readonly onEvent: (event: PinsEvent) => void;
  /** Runs when a connection that stood is lost. */
  readonly onLost: () => void;
  /** A pulse was not answered in time; whether it happens, only its record will tell. */
  readonly onDoubt: (pulse: string) => void;
}

/** Of the id of a pulse or a hold. */
export const PULSE_ID_BYTES = 16;

/** The node's side of the pins process: connected whenever that process is there. */
export class Outputs {
  readonly #parts: OutputsParts;
  #pins: PinsClient | null = null;
  #isStopped = false;
  #starting: Promise<void> = Promise.resolve();
  #cancelRetry: (() => void) | null = null;

  constructor(parts: OutputsParts) {
    this.#parts = parts;
  }

  /** Resolves after the first try; a pins process that is not there yet is waited for. */
  start(): Promise<void> {
    this.#starting = this.#connect();
    return this.#starting;
  }

  async #connect(): Promise<void> {
    const { socketPath, log, onConnected, onEvent } = this.#parts;
    let pins: PinsClient | null = null;
    try {
      pins = await connectPins({ socketPath });
      await pins.watch(onEvent);
      await onConnected(pins);
      if (this.#isStopped) {
        await pins.close();
        return;
      }
      pins.onClose(() => this.#lost());
      this.#pins = pins;
      this.#parts.onDrivable();
      log.info({ socketPath }, 'pins process connected');
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      await pins?.close();
      log.warn({ socketPath, code: error.code }, `no pins process, doors cannot open: ${error.message}`);
      this.#planRetry();
    }
  }

  get isConnected(): boolean {
    return this.#pins !== null;
  }

  /** @throws pins_offline. */
  list(): Promise<readonly PinsOutput[]> {
    return this.#connected().list();
  }

  /** @throws pins_offline. */
  inputs(): Promise<readonly PinsInput[]> {
    return this.#connected().inputs();
  }

  /** As of `PinsClient`. @throws pins_offline, or the refusal. */
  reload(): ReturnType<PinsClient['reload']> {
    return this.#connected().reload();
  }

  /**
   * Energises `output` for `ms`; the pins process ends it whatever becomes of us.
   * @throws pins_offline, pins_timeout (it may still happen, and is then told as `recovered`), or the refusal.
   */
  async pulse(output: string, ms: number): Promise<{ readonly pulse: string; readonly atNs: string }> {
    const pulse = toHex(this.#parts.randomness.bytes(PULSE_ID_BYTES));
    try {
      const { onNs } = await this.#connected().pulse(output, ms, pulse);
      return { pulse, atNs: onNs.toString() };
    } catch (error) {
      if (codeOf(error) === 'pins_timeout') this.#parts.onDoubt(pulse);
      throw error;
    }
  }

  /** Energises `output` until it is released, its longest time is over, or this node is gone. */
  async hold(output: string): Promise<void> {
    await this.#connected().hold(output, toHex(this.#parts.randomness.bytes(PULSE_ID_BYTES)));
  }

  async release(output: string): Promise<void> {
    await this.#connected().release(output);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelRetry?.();
    await this.#starting;
    await this.#pins?.close();
    this.#pins = null;
  }

  #connected(): PinsClient {
    if (this.#pins === null) {
      throw new CodedError('pins_offline', 'the pins process does not answer', {
        advice: 'Start it again; the node finds it by itself. `blockmesh pins options` prints what it takes.',
      });
    }
    return this.#pins;
  }

  #lost(): void {
    if (this.#isStopped) return;
    this.#pins = null;
    this.#parts.log.warn({ code: 'pins_offline' }, 'pins process lost, doors cannot open until it is back');
    this.#parts.onLost();
    this.#parts.onDrivable();
    this.#planRetry();
  }

  #planRetry(): void {
    if (this.#isStopped) return;
    this.#cancelRetry?.();
    this.#cancelRetry = this.#parts.clock.after(PINS_RECONNECT_DELAY_MS, () => void this.start());
  }
}
