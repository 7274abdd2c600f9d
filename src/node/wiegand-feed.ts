import { CodedError } from '../base/errors.ts';
import type { PinsEvent } from '../devices/pins/events.ts';
import type { WiegandListener, WiegandSource } from '../devices/wiegand/driver.ts';

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

  /** What the pins process tells, of whatever it is. */
  heard(event: PinsEvent): void {
    if (event.type === 'wiegand') {
      const value = BigInt(`0x${event.hex}`);
      this.#listeners.get(event.reader)?.onFrame({ bits: event.bits, value }, event.atNs);
    } else if (event.type === 'fault') {
      this.#listeners.get(event.name)?.onFault(event.reason);
    }
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
