import type { JsonObject } from '../base/json.ts';
import type { Clock } from '../base/ports.ts';
import type { PinsEvent } from '../devices/pins/events.ts';
import type { Log } from '../sandbox/log.ts';
import type { Config } from './config.ts';
import type { DeviceChanges } from './config-changes.ts';
import type { FeedbackFault } from './feedback.ts';
import { Feedbacks } from './feedbacks.ts';
import { Levels, type LineSource } from './levels.ts';
import { WireLanes, type WireLanesParts } from './wire-lane.ts';

export interface WiresParts extends WireLanesParts {
  readonly config: Pick<Config, 'output'>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The inputs and outputs of this board as the agents hear of them: `input/<name>` with `{input, active, atNs, event}`
 * for every change, and `output/<name>` with `{output, on, fault, event}`, where `fault` is what its feedback shows and
 * left out while that is not known. Each is told with `initial: true` at a start, when the pins process is back, when it
 * is new or changed in blockmesh.toml, and to an agent that has started again; `active` and `on` are null while the pins
 * process is gone, and told so a last time when blockmesh.toml has the wire no longer. A reader that is gone is `lost`.
 */
export class Wires {
  readonly #parts: WiresParts;
  readonly #levels = new Levels();
  readonly #readers = new Map<string, string>();
  readonly #feedbacks: Feedbacks;
  readonly #lanes: WireLanes;
  #isStopped = false;

  constructor(parts: WiresParts) {
    this.#parts = parts;
    const { config, clock } = parts;
    this.#lanes = new WireLanes(parts);
    this.#feedbacks = new Feedbacks({ clock, onFault: (output, fault) => this.#faulty(output, fault) });
    this.#feedbacks.take(config.output);
  }

  /** The pins process is there: tells how everything is. Call it after `watch`. */
  async connected(pins: LineSource): Promise<void> {
    await this.#levels.look(pins);
    this.#compareAll();
    this.retell();
  }

  /** The pins process is gone. */
  lost(): void {
    this.#levels.lose();
    this.#compareAll();
    this.retell();
  }

  /** Takes up other inputs and outputs, which the pins process owns by now; null: it is gone. */
  async take({ output }: Pick<Config, 'output'>, changes: DeviceChanges, pins: LineSource | null): Promise<void> {
    const { input: inputs, output: outputs } = changes;
    this.#levels.forget(changes);
    this.#feedbacks.take(output);
    if (pins !== null) await this.#levels.lookAgain(pins);
    if (this.#isStopped) return;
    this.#compareAll();
    for (const name of [...inputs.removed, ...inputs.added, ...inputs.changed]) this.#tellInput(name, INITIAL);
    for (const name of [...outputs.removed, ...outputs.added, ...outputs.changed]) this.#tellOutput(name, INITIAL);
  }

  heard(event: PinsEvent): void {
    if (this.#isStopped) return;
    const wire = this.#levels.hear(event);
    if (wire !== null) {
      if ('input' in wire) this.#tellInput(wire.input);
      else this.#tellOutput(wire.output);
      this.#compareAll();
    } else if (event.type === 'fault' && this.#levels.inputs.includes(event.name)) {
      const { name, reason } = event;
      this.#parts.log.warn({ input: name, code: reason }, `input ${reason}: of its changes only the last are told`);
    }
  }

  /** Tells how everything is, to agents that may not know. */
  retell(): void {
    for (const name of this.#levels.inputs) this.#tellInput(name, INITIAL);
    for (const name of this.#levels.outputs) this.#tellOutput(name, INITIAL);
    for (const [reader, state] of this.#readers) this.#tellReader(reader, state, INITIAL);
  }

  /** A reader is `open`, `lost` or `babbling` from now on: `reader/<name>` with `{reader, state, event}`. */
  readerIs(reader: string, state: string): void {
    this.#readers.set(reader, state);
    this.#tellReader(reader, state);
  }

  /** There is no such reader any more: a door that is made for it all the same hears nothing. */
  readerGone(reader: string): void {
    this.#readers.delete(reader);
    this.#tellReader(reader, 'lost', INITIAL);
  }

  stop(): void {
    this.#isStopped = true;
    this.#feedbacks.stop();
    this.#lanes.stop();
  }

  /** For `status`: inputs, and outputs whose feedback shows a fault. */
  describe(): { readonly inputs: readonly JsonObject[]; readonly faults: readonly JsonObject[] } {
    const inputs = this.#levels.inputs.map((name) => ({ name, active: this.#levels.input(name).active }));
    return { inputs, faults: this.#feedbacks.faults().map((fault) => ({ ...fault })) };
  }

  #faulty(output: string, fault: FeedbackFault | null): void {
    const { log } = this.#parts;
    if (fault === null) log.info({ output }, 'output and its feedback agree');
    else log.warn({ output, code: `output_${fault}` }, `output ${fault}: its feedback says otherwise`);
    this.#tellOutput(output);
  }

  #compareAll(): void {
    this.#feedbacks.compareAll(
      (output) => this.#levels.isOn(output),
      (input) => this.#levels.input(input).active,
    );
  }

  #tellInput(input: string, mark: JsonObject = {}): void {
    this.#lanes.say(`input/${input}`, { input, ...this.#levels.input(input), ...mark });
  }

  #tellOutput(output: string, mark: JsonObject = {}): void {
    const fault = this.#feedbacks.faultOf(output);
    const on = this.#levels.isOn(output);
    this.#lanes.say(`output/${output}`, { output, on, ...(fault === undefined ? {} : { fault }), ...mark });
  }

  #tellReader(reader: string, state: string, mark: JsonObject = {}): void {
    this.#lanes.say(`reader/${reader}`, { reader, state, ...mark });
  }
}

/** It is so now; nobody has seen it become so. */
const INITIAL = { initial: true } as const;
