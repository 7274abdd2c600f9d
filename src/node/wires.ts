import type { JsonObject } from '../base/json.ts';
import type { Clock } from '../base/ports.ts';
import type { PinsClient } from '../devices/pins/client.ts';
import type { PinsEvent } from '../devices/pins/events.ts';
import type { Log } from '../sandbox/log.ts';
import type { Config } from './config.ts';
import { Feedback, type FeedbackFault } from './feedback.ts';
import { WireLanes, type WireLanesParts } from './wire-lane.ts';

export interface WiresParts extends WireLanesParts {
  readonly config: Pick<Config, 'input' | 'output'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** How an input is; `active` null: nobody knows. */
interface Level {
  readonly active: boolean | null;
  readonly atNs: string;
}

/**
 * The inputs and outputs of this board as the agents hear of them: `input/<name>` with `{input, active, atNs, event}`
 * for every change, and `output/<name>` with `{output, on, fault, event}`, where `fault` is what its feedback shows and
 * left out while that is not known. Each is told with `initial: true` at a start, when the pins process is back, and to
 * an agent that has started again; `active` and `on` are null while the pins process is gone.
 */
export class Wires {
  readonly #parts: WiresParts;
  readonly #inputs = new Map<string, Level>();
  readonly #outputs = new Map<string, boolean | null>();
  readonly #readers = new Map<string, string>();
  readonly #feedbacks: ReadonlyMap<string, Feedback>;
  readonly #lanes: WireLanes;
  #isStopped = false;

  constructor(parts: WiresParts) {
    this.#parts = parts;
    const { config, clock } = parts;
    this.#lanes = new WireLanes(parts);
    this.#feedbacks = new Map(
      Object.entries(config.output).flatMap(([name, { feedback, feedback_ms }]) => {
        if (feedback === undefined) return [];
        const onFault = (fault: FeedbackFault | null) => this.#faulty(name, fault);
        return [[name, new Feedback({ clock, lagMs: feedback_ms, onFault })] as const];
      }),
    );
  }

  /** The pins process is there: tells how everything is. Call it after `watch`. */
  async connected(pins: PinsClient): Promise<void> {
    const [outputs, inputs] = [await pins.list(), await pins.inputs()];
    for (const { name, on } of outputs) this.#outputs.set(name, on);
    for (const { name, active, atNs } of inputs) this.#inputs.set(name, { active: active ?? null, atNs: `${atNs}` });
    this.#compareAll();
    this.retell();
  }

  /** The pins process is gone. */
  lost(): void {
    for (const name of this.#outputs.keys()) this.#outputs.set(name, null);
    for (const [name, { atNs }] of this.#inputs) this.#inputs.set(name, { active: null, atNs });
    this.#compareAll();
    this.retell();
  }

  heard(event: PinsEvent): void {
    if (this.#isStopped) return;
    if (event.type === 'input') {
      const { input, active, atNs } = event;
      this.#inputs.set(input, { active, atNs: `${atNs}` });
      this.#tellInput(input);
      this.#compareAll();
    } else if (event.type === 'output' && event.end !== 'superseded') {
      this.#outputs.set(event.output, event.end === undefined);
      this.#tellOutput(event.output);
      this.#compareAll();
    } else if (event.type === 'fault' && this.#inputs.has(event.name)) {
      const { name, reason } = event;
      this.#parts.log.warn({ input: name, code: reason }, `input ${reason}: of its changes only the last are told`);
    }
  }

  /** Tells how everything is, to agents that may not know. */
  retell(): void {
    for (const name of this.#inputs.keys()) this.#tellInput(name, { initial: true });
    for (const name of this.#outputs.keys()) this.#tellOutput(name, { initial: true });
    for (const [reader, state] of this.#readers) this.#lanes.say(`reader/${reader}`, { reader, state, initial: true });
  }

  /** A reader is `open`, `lost` or `babbling` from now on: `reader/<name>` with `{reader, state, event}`. */
  readerIs(reader: string, state: string): void {
    this.#readers.set(reader, state);
    this.#lanes.say(`reader/${reader}`, { reader, state });
  }

  stop(): void {
    this.#isStopped = true;
    for (const feedback of this.#feedbacks.values()) feedback.stop();
    this.#lanes.stop();
  }

  /** For `status`: inputs, and outputs whose feedback shows a fault. */
  describe(): { readonly inputs: readonly JsonObject[]; readonly faults: readonly JsonObject[] } {
    return {
      inputs: [...this.#inputs].map(([name, { active }]) => ({ name, active })),
      faults: [...this.#feedbacks].flatMap(([output, { fault = null }]) => (fault === null ? [] : [{ output, fault }])),
    };
  }

  #faulty(output: string, fault: FeedbackFault | null): void {
    const { log } = this.#parts;
    if (fault === null) log.info({ output }, 'output and its feedback agree');
    else log.warn({ output, code: `output_${fault}` }, `output ${fault}: its feedback says otherwise`);
    this.#tellOutput(output);
  }

  #compareAll(): void {
    for (const [output, feedback] of this.#feedbacks) {
      const input = this.#parts.config.output[output]?.feedback ?? '';
      feedback.compare(this.#outputs.get(output) ?? null, this.#inputs.get(input)?.active ?? null);
    }
  }

  #tellInput(input: string, mark: JsonObject = {}): void {
    const { active = null, atNs = '0' } = this.#inputs.get(input) ?? {};
    this.#lanes.say(`input/${input}`, { input, active, atNs, ...mark });
  }

  #tellOutput(output: string, mark: JsonObject = {}): void {
    const feedback = this.#feedbacks.get(output);
    const fault = feedback === undefined ? null : feedback.fault;
    const on = this.#outputs.get(output) ?? null;
    this.#lanes.say(`output/${output}`, { output, on, ...(fault === undefined ? {} : { fault }), ...mark });
  }
}
