import { PINS_EVENTS_BURST_MAX, PINS_EVENTS_PER_SECOND_MAX, PINS_QUIET_MS } from '../../base/limits.ts';
import { NS_PER_MS, NS_PER_S } from './monotonic.ts';

const STEP_NS = NS_PER_S / BigInt(PINS_EVENTS_PER_SECOND_MAX);
const AHEAD_NS = STEP_NS * BigInt(PINS_EVENTS_BURST_MAX - 1);
const QUIET_NS = BigInt(PINS_QUIET_MS) * NS_PER_MS;

/** How many events one input or reader may tell: a burst, then so many a second. Times are those of the telling. */
export class Rate {
  /** When all that was told would have been told at an even pace; ahead of now after a burst. */
  #paceNs = 0n;
  #babblesUntilNs: bigint | undefined;

  /** `over`: not now. `babbling`: not now, and for the first time since the line was last quiet. */
  ask(nowNs: bigint): 'allowed' | 'babbling' | 'over' {
    const paceNs = this.#paceNs > nowNs ? this.#paceNs : nowNs;
    if (paceNs - nowNs <= AHEAD_NS) {
      this.#paceNs = paceNs + STEP_NS;
      return 'allowed';
    }
    const isKnown = this.#babblesUntilNs !== undefined && nowNs <= this.#babblesUntilNs;
    this.#babblesUntilNs = nowNs + QUIET_NS;
    return isKnown ? 'over' : 'babbling';
  }

  /** When `ask` allows again. */
  nextNs(): bigint {
    return this.#paceNs - AHEAD_NS;
  }
}
