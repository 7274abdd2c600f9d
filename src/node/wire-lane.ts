import { toHex } from '../base/bytes.ts';
import type { JsonObject } from '../base/json.ts';
import { WIRE_EVENTS_MAX, WIRE_RETRY_MS, WIRE_TRIES_MAX } from '../base/limits.ts';
import type { Clock, Randomness } from '../base/ports.ts';

/**
 * What one wire says, to the agents one after the other and in order. WIRE_EVENTS_MAX wait at most; of more the oldest
 * is dropped, so that the last, which says how the wire is, always arrives. An agent that has no room is tried again.
 */
class WireLane {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #tell: (payload: JsonObject) => Promise<boolean>;
  readonly #onIdle: () => void;
  readonly #waiting: JsonObject[] = [];
  #isRunning = false;
  #cancel: (() => void) | null = null;
  #isStopped = false;

  /**
   * @param tell false: not all had room for it. Never rejects.
   * @param onIdle called whenever nothing waits any more.
   */
  constructor(clock: Pick<Clock, 'after'>, tell: (payload: JsonObject) => Promise<boolean>, onIdle: () => void) {
    this.#clock = clock;
    this.#tell = tell;
    this.#onIdle = onIdle;
  }

  push(payload: JsonObject): void {
    if (this.#isStopped) return;
    if (this.#waiting.length >= WIRE_EVENTS_MAX) this.#waiting.shift();
    this.#waiting.push(payload);
    if (!this.#isRunning) void this.#run();
  }

  stop(): void {
    this.#isStopped = true;
    this.#waiting.splice(0);
    this.#cancel?.();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      for (let tries = 1; !(await this.#tell(next)) && tries < WIRE_TRIES_MAX && !this.#isStopped; tries += 1) {
        await this.#pause();
      }
    }
    this.#isRunning = false;
    this.#onIdle();
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(WIRE_RETRY_MS, resolve);
      this.#cancel = () => {
        cancel();
        resolve();
      };
    });
  }
}

export interface WireLanesParts {
  readonly clock: Pick<Clock, 'after'>;
  readonly randomness: Randomness;
  /** Hands an event to the agents; false: one of them had no room for it. Never rejects. */
  readonly tell: (topic: string, payload: JsonObject) => Promise<boolean>;
}

const EVENT_ID_BYTES = 8;

/**
 * A lane for each topic with something to say: what one wire says waits for nothing that another has said. Idle ones are
 * forgotten, for wires come and go.
 */
export class WireLanes {
  readonly #parts: WireLanesParts;
  readonly #lanes = new Map<string, WireLane>();

  constructor(parts: WireLanesParts) {
    this.#parts = parts;
  }

  /** Says it with the id of a new event. */
  say(topic: string, payload: JsonObject): void {
    const { clock, randomness, tell } = this.#parts;
    const lane =
      this.#lanes.get(topic) ??
      new WireLane(
        clock,
        (next) => tell(topic, next),
        () => this.#lanes.delete(topic),
      );
    this.#lanes.set(topic, lane);
    lane.push({ ...payload, event: toHex(randomness.bytes(EVENT_ID_BYTES)) });
  }

  stop(): void {
    for (const lane of this.#lanes.values()) lane.stop();
  }
}
