import {
  BROKER_BYTES_BURST_MAX,
  BROKER_BYTES_PER_S_MAX,
  BROKER_PACKETS_BURST_MAX,
  BROKER_PACKETS_PER_S_MAX,
} from '../base/limits.ts';

/** So many a second on average, and at most a burst at once. Holds no timer: time comes with the call. */
export class Bucket {
  readonly #perS: number;
  readonly #burst: number;
  #tokens: number;
  #atMs: number;

  constructor(perS: number, burst: number, nowMs: number) {
    this.#perS = perS;
    this.#burst = burst;
    this.#tokens = burst;
    this.#atMs = nowMs;
  }

  /** Whole tokens there are. */
  available(nowMs: number): number {
    this.#tokens = Math.min(this.#burst, this.#tokens + (Math.max(0, nowMs - this.#atMs) * this.#perS) / 1000);
    this.#atMs = nowMs;
    return Math.floor(this.#tokens);
  }

  /** @returns whether there was one. */
  take(nowMs: number): boolean {
    if (this.available(nowMs) < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Takes tokens of which `available` told. */
  spend(count: number): void {
    this.#tokens -= count;
  }

  /** Whether nothing has been taken for so long that a new bucket would be the same. */
  isFull(nowMs: number): boolean {
    return this.available(nowMs) >= this.#burst;
  }
}

/** What one device may send: packets and bytes, over all its connections. */
export interface Budget {
  readonly packets: Bucket;
  readonly bytes: Bucket;
}

export function newBudget(nowMs: number): Budget {
  return {
    packets: new Bucket(BROKER_PACKETS_PER_S_MAX, BROKER_PACKETS_BURST_MAX, nowMs),
    bytes: new Bucket(BROKER_BYTES_PER_S_MAX, BROKER_BYTES_BURST_MAX, nowMs),
  };
}
