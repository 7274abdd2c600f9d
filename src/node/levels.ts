import { CodedError } from '../base/errors.ts';
import type { PinsClient } from '../devices/pins/client.ts';
import type { PinsEvent } from '../devices/pins/events.ts';
import type { DeviceChanges } from './config-changes.ts';

/** Who can tell how all lines are. */
export type LineSource = Pick<PinsClient, 'list' | 'inputs'>;

/** How an input is; `active` null: nobody knows. `atNs` as the pins process says it. */
interface Level {
  readonly active: boolean | null;
  readonly atNs: string;
}

const UNKNOWN: Level = { active: null, atNs: '0' };

/** What is known of the inputs and outputs of this board, by name. */
export class Levels {
  readonly #inputs = new Map<string, Level>();
  readonly #outputs = new Map<string, boolean | null>();
  /** Heard while all are being looked at: an event is newer than what the look will say. */
  #heard = new Set<string>();

  get inputs(): readonly string[] {
    return [...this.#inputs.keys()];
  }

  get outputs(): readonly string[] {
    return [...this.#outputs.keys()];
  }

  input(name: string): Level {
    return this.#inputs.get(name) ?? UNKNOWN;
  }

  /** Null: not known. */
  isOn(output: string): boolean | null {
    return this.#outputs.get(output) ?? null;
  }

  /** @returns which wire it has changed, if any. */
  hear(event: PinsEvent): { readonly input: string } | { readonly output: string } | null {
    if (event.type === 'input') {
      const { input, active, atNs } = event;
      this.#heard.add(`input/${input}`);
      this.#inputs.set(input, { active, atNs: `${atNs}` });
      return { input };
    }
    if (event.type !== 'output' || event.end === 'superseded') return null;
    const { output, end } = event;
    this.#heard.add(`output/${output}`);
    this.#outputs.set(output, end === undefined);
    return { output };
  }

  async look(pins: LineSource): Promise<void> {
    this.#heard = new Set();
    const [outputs, inputs] = [await pins.list(), await pins.inputs()];
    for (const { name, on } of outputs) if (!this.#heard.has(`output/${name}`)) this.#outputs.set(name, on);
    for (const { name, active = null, atNs } of inputs) {
      if (!this.#heard.has(`input/${name}`)) this.#inputs.set(name, { active, atNs: `${atNs}` });
    }
  }

  /** As `look`; from a pins process that goes meanwhile nothing is learnt, and its return brings another look. */
  async lookAgain(pins: LineSource): Promise<void> {
    try {
      await this.look(pins);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
    }
  }

  /** The pins process is gone. */
  lose(): void {
    for (const name of this.#outputs.keys()) this.#outputs.set(name, null);
    for (const [name, { atNs }] of this.#inputs) this.#inputs.set(name, { active: null, atNs });
  }

  /** What is gone or on other lines now is not known any more. */
  forget({ input, output }: DeviceChanges): void {
    for (const name of [...input.removed, ...input.changed]) this.#inputs.delete(name);
    for (const name of output.removed) this.#outputs.delete(name);
  }
}
