import { toHex } from '../base/bytes.ts';
import { CodedError } from '../base/errors.ts';
import type { Randomness } from '../base/ports.ts';
import type { PinsOutput } from '../devices/pins/protocol.ts';
import type { Relays } from '../devices/relays.ts';
import { type Outputs, PULSE_ID_BYTES } from './outputs.ts';

/** The outputs of this board, whatever drives them: lines of the pins process, and relays of MQTT devices. */
export class AllOutputs {
  readonly #pins: Outputs;
  readonly #relays: Relays;
  readonly #randomness: Randomness;

  constructor(pins: Outputs, relays: Relays, randomness: Randomness) {
    this.#pins = pins;
    this.#relays = relays;
    this.#randomness = randomness;
  }

  /** Whether the pins process is there. */
  get isConnected(): boolean {
    return this.#pins.isConnected;
  }

  /** Whether the output can be switched now. */
  isDrivable(output: string): boolean {
    return this.#relays.has(output) ? this.#relays.isThere(output) : this.#pins.isConnected;
  }

  /** Those that can be known now: without a pins process the relays alone. */
  async list(): Promise<readonly PinsOutput[]> {
    return [...(this.#pins.isConnected ? await this.#pins.list() : []), ...this.#relays.list()];
  }

  /**
   * Energises `output` for `ms`; it ends whatever becomes of whoever asked.
   * @throws output_offline of a relay; what `Outputs.pulse` does of a line.
   */
  async pulse(output: string, ms: number): Promise<{ readonly pulse: string; readonly atNs: string }> {
    if (!this.#relays.has(output)) return await this.#pins.pulse(output, ms);
    const pulse = this.#newId();
    return { pulse, atNs: this.#relays.pulse(output, ms, pulse).onNs.toString() };
  }

  /** Energises `output` until it is released, its longest time is over, or this node is gone. */
  async hold(output: string): Promise<void> {
    if (this.#relays.has(output)) this.#relays.hold(output, this.#newId());
    else await this.#pins.hold(output);
  }

  async release(output: string): Promise<void> {
    if (this.#relays.has(output)) this.#relays.release(output);
    else await this.#pins.release(output);
  }

  /** @throws pins_offline, unknown_output. */
  async output(output: string): Promise<{ readonly on: boolean; readonly longestMs: number }> {
    const all = this.#relays.has(output) ? this.#relays.list() : await this.#pins.list();
    const found = all.find(({ name }) => name === output);
    if (found !== undefined) return { on: found.on, longestMs: found.longestMs };
    throw new CodedError('unknown_output', `no output ${output} on this board`, { fields: { output } });
  }

  /** Relays go off; the pins process ends what it drives by itself. */
  async stop(): Promise<void> {
    this.#relays.stop();
    await this.#pins.stop();
  }

  #newId(): string {
    return toHex(this.#randomness.bytes(PULSE_ID_BYTES));
  }
}
