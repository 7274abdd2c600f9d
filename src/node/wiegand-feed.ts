import { CodedError } from '../base/errors.ts';
import type { WiegandListener, WiegandSource } from '../devices/wiegand/driver.ts';

/** What the pins process tells of a Wiegand reader: `hex` are the bits as a number, the first one highest. */
interface WiegandEvent {
  readonly reader: string;
  readonly bits: number;
  readonly hex: string;
  readonly atNs: bigint;
}

/** Hands what the pins process tells of Wiegand readers to their drivers. At most one listens for each. */
export class WiegandFeed {
  readonly #listeners = new Map<string, WiegandListener>();
  #isConnected = false;

  /** The frames of the reader `name`, as long as the pins process is there. */
  source(name: string): WiegandSource {
    return (listener) => {
      this.#listeners.set(name, listener);
      this.#tell(name, listener);
      return () => {
        this.#listeners.delete(name);
      };
    };
  }

  frame({ reader, bits, hex, atNs }: WiegandEvent): void {
    this.#listeners.get(reader)?.onFrame({ bits, value: BigInt(`0x${hex}`) }, atNs);
  }

  fault(name: string, reason: string): void {
    this.#listeners.get(name)?.onFault(reason);
  }

  /** The pins process is there now, or gone. */
  connected(isConnected: boolean): void {
    this.#isConnected = isConnected;
    for (const [name, listener] of this.#listeners) this.#tell(name, listener);
  }

  #tell(name: string, listener: WiegandListener): void {
    if (this.#isConnected) {
      listener.onState('open');
      return;
    }
    const message = `the pins process is not there, so nobody hears the lines of ${name}`;
    const advice = 'Start it again; the node finds it by itself.';
    listener.onState('lost', new CodedError('pins_offline', message, { fields: { reader: name }, advice }));
  }
}
