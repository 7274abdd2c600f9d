import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '../../src/base/errors.ts';
import { connectPins, type PinsClient } from '../../src/devices/pins/client.ts';
import { type BenchSpace, DOOR_OUTPUT, frameOf } from './bench-space.ts';
import { SerialFeed } from './serial-feed.ts';

/** From one badge to the next: the output is off again. */
const SLOT_MS = 150;
const ANSWER_MS_MAX = 10_000;
const POLL_MS = 1;

/** Holds badges to the door of a running space, and takes the time to its output. */
export class BadgeProbe {
  readonly #pins: PinsClient;
  readonly #feed: SerialFeed;
  readonly #ons: bigint[];
  #badges = 0;

  static async open(space: BenchSpace): Promise<BadgeProbe> {
    const pins = await connectPins({ socketPath: space.pinsSocket });
    const ons: bigint[] = [];
    await pins.watch((event) => {
      if (event.type === 'output' && event.output === DOOR_OUTPUT && event.end === undefined) ons.push(event.atNs);
    });
    return new BadgeProbe(pins, new SerialFeed(space.feed), ons);
  }

  private constructor(pins: PinsClient, feed: SerialFeed, ons: bigint[]) {
    this.#pins = pins;
    this.#feed = feed;
    this.#ons = ons;
  }

  /** Milliseconds from the last byte to the output, for each of `count` badges. @throws bench_pulse. */
  async measure(count: number): Promise<readonly number[]> {
    const times: number[] = [];
    for (let at = 0; at < count; at += 1) {
      const startMs = performance.now();
      const sentNs = this.#feed.send(frameOf(this.#badges));
      this.#badges += 1;
      while (this.#ons.length === 0) {
        if (performance.now() - startMs > ANSWER_MS_MAX) {
          throw new CodedError('bench_pulse', `badge ${this.#badges} moved nothing within ${ANSWER_MS_MAX} ms`);
        }
        await sleep(POLL_MS);
      }
      const [onNs = 0n] = this.#ons.splice(0);
      times.push(Number(onNs - sentNs) / 1e6);
      await sleep(Math.max(0, startMs + SLOT_MS - performance.now()));
    }
    return times;
  }

  async close(): Promise<void> {
    this.#feed.close();
    await this.#pins.close();
  }
}
