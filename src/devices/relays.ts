import { CodedError } from '../base/errors.ts';
import { PINS_ON_MS_MAX } from '../base/limits.ts';
import type { Clock } from '../base/ports.ts';
import type { MqttLink } from './mqtt/link.ts';
import type { MqttOutput } from './mqtt/message.ts';
import type { PinsOutputEvent } from './pins/events.ts';
import { NS_PER_MS, nowNs } from './pins/monotonic.ts';
import { Outputs } from './pins/outputs.ts';
import type { PinsKind, PinsOutput } from './pins/protocol.ts';
import { RelayLine } from './relay-line.ts';

export interface RelayDeclaration {
  readonly name: string;
  readonly longestMs: number;
  readonly link: MqttLink;
  readonly output: MqttOutput;
}

interface RelaysParts {
  readonly clock: Pick<Clock, 'after'>;
  readonly onEvent: (event: PinsOutputEvent) => void;
  /** The device of a relay came or went. */
  readonly onThere: () => void;
  /** What a relay says of itself, which may not be what it was told; null: it is not there. */
  readonly onLevel: (output: string, isOn: boolean | null) => void;
}

/** No line of this board. */
const NO_PIN = { chip: undefined, line: undefined, offset: undefined };
/** There is one client of relays, this process. */
const OWNER = 1;

/**
 * Outputs that are relays of MQTT devices, under the rules of the pins process (PROTOCOL.md, "Rules") as far as this
 * process lives: pulses end with it only where the device ends them by itself, at the output's longest time.
 */
export class Relays {
  readonly #parts: RelaysParts;
  readonly #outputs = new Outputs();
  readonly #lines: ReadonlyMap<string, RelayLine>;
  #cancel: (() => void) | null = null;

  /** Each relay is told to be off as soon as its device is there. */
  constructor(declarations: readonly RelayDeclaration[], parts: RelaysParts) {
    this.#parts = parts;
    const members = declarations.map((one) => {
      const { name, longestMs } = one;
      const line = new RelayLine({
        ...one,
        onThere: parts.onThere,
        onReturn: () => this.release(name),
        onLevel: (isOn) => parts.onLevel(name, isOn),
      });
      const declaration = { kind: 'output', name, pin: NO_PIN, active: 'high', longestMs } as const;
      return { declaration, line };
    });
    this.#lines = new Map(members.map(({ declaration, line }) => [declaration.name, line]));
    this.#outputs.replace(members);
  }

  has(output: string): boolean {
    return this.#outputs.has(output);
  }

  /** Whether its device is there to be told. */
  isThere(output: string): boolean {
    return this.#lines.get(output)?.isThere ?? false;
  }

  list(): readonly PinsOutput[] {
    return this.#outputs.list();
  }

  /** @throws output_offline, too_long, id_reused. */
  pulse(output: string, ms: number, id: string): { readonly onNs: bigint } {
    return this.#ask('pulse', output, ms, id);
  }

  /** @throws output_offline, id_reused. */
  hold(output: string, id: string): { readonly onNs: bigint } {
    return this.#ask('hold', output, 0, id);
  }

  release(output: string): void {
    this.#outputs.release(output);
    this.#settle();
  }

  /** Switches everything off. */
  stop(): void {
    this.#cancel?.();
    this.#outputs.stop();
    this.#tell();
    for (const line of this.#lines.values()) line.release();
  }

  #ask(kind: PinsKind, output: string, ms: number, id: string): { readonly onNs: bigint } {
    const line = this.#outputs.isOn(output) ? this.#lines.get(output) : undefined;
    const answer =
      line?.isThere === false ? 'line_failed' : this.#outputs.ask({ kind, output, ms, id, ownerSerial: OWNER });
    this.#settle();
    if (typeof answer !== 'string') {
      // The relay may have gone off by itself since: an esp-rfid opens for its own time, and buttons are pressed.
      line?.set(true);
      return answer;
    }
    const code = answer === 'line_failed' ? 'output_offline' : answer;
    throw new CodedError(code, REFUSALS[answer](output, this.#outputs.longestMs(output)), { fields: { output } });
  }

  /** Tells what happened and waits for what is due next. */
  #settle(): void {
    this.#tell();
    this.#cancel?.();
    const due = this.#outputs.dueNs();
    this.#cancel = due === undefined ? null : this.#parts.clock.after(delayMs(due), () => this.#tick());
  }

  #tick(): void {
    this.#outputs.tick();
    this.#settle();
  }

  #tell(): void {
    for (const event of this.#outputs.takeEvents()) {
      if (event.type === 'output') this.#parts.onEvent(event);
    }
  }
}

const REFUSALS = {
  line_failed: (output: string) => `the device of output ${output} is not connected`,
  too_long: (output: string, longestMs: number) => `output ${output} is on for at most ${longestMs} ms`,
  id_reused: (output: string) => `the id for output ${output} was used before`,
} as const;

function delayMs(dueNs: bigint): number {
  const waitNs = dueNs - nowNs();
  return waitNs <= 0n ? 0 : Math.min(Number((waitNs + NS_PER_MS - 1n) / NS_PER_MS), PINS_ON_MS_MAX);
}
