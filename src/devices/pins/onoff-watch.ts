import type { Gpio } from 'onoff';
import { PINS_EDGE_WINDOW_MS, PINS_EDGES_MAX } from '../../base/limits.ts';

/** 1 is high, 0 is low; undefined when the line is gone. */
export function readValue(gpio: Gpio): number | undefined {
  try {
    return gpio.readSync();
  } catch {
    return undefined;
  }
}

/** Tells each change of an input; one that babbles is left alone for the rest of a window. */
export class Watch {
  readonly #gpio: Gpio;
  readonly #onChange: (value: number, seq: number) => void;
  #value: number | undefined;
  #seq = 0;
  #windowAtMs = 0;
  #heard = 0;
  #rest: NodeJS.Timeout | undefined;

  constructor(gpio: Gpio, onChange: (value: number, seq: number) => void) {
    this.#gpio = gpio;
    this.#onChange = onChange;
    this.#value = readValue(gpio);
    gpio.watch(this.#hear);
  }

  end(): void {
    clearTimeout(this.#rest);
    this.#gpio.unwatchAll();
  }

  readonly #hear = (error: Error | null | undefined, value: number): void => {
    if (error) return;
    this.#tell(value);
    const nowMs = performance.now();
    if (nowMs - this.#windowAtMs >= PINS_EDGE_WINDOW_MS) {
      this.#windowAtMs = nowMs;
      this.#heard = 0;
    }
    this.#heard += 1;
    if (this.#heard < PINS_EDGES_MAX) return;
    this.#gpio.unwatchAll();
    this.#rest = setTimeout(this.#resume, PINS_EDGE_WINDOW_MS);
  };

  /** What it came to meanwhile is told; an edge between the reading and the watching wakes the watch at once. */
  readonly #resume = (): void => {
    this.#heard = 0;
    this.#gpio.watch(this.#hear);
    const value = readValue(this.#gpio);
    if (value !== undefined) this.#tell(value);
  };

  /** Two edges that merged leave the level as it was, and nobody knows of them. */
  #tell(value: number): void {
    if (value === this.#value) return;
    this.#value = value;
    this.#seq += 1;
    this.#onChange(value, this.#seq);
  }
}
