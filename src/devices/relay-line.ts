import { CodedError, codeOf } from '../base/errors.ts';
import type { MqttLink } from './mqtt/link.ts';
import type { MqttMessage, MqttOutput, OutputOrder } from './mqtt/message.ts';
import type { OutputLine } from './pins/lines.ts';
import type { PinsLevel } from './pins/protocol.ts';

interface RelayLineParts {
  readonly name: string;
  readonly link: MqttLink;
  readonly output: MqttOutput;
  /** Where the device can, it ends by itself what nobody has ended by then: the output's longest time. */
  readonly longestMs: number;
  /** The device came or went. */
  readonly onThere: () => void;
  /** The device is back and was to be on: ends what kept it on, which sets it off. */
  readonly onReturn: () => void;
  /** The relay says whether it is on; null: nobody knows. */
  readonly onLevel: (isOn: boolean | null) => void;
}

/**
 * The relay of an MQTT device as a line that the rules of outputs drive. Its device may be gone, and come back with the
 * relay as it was: so it is told what it is to be whenever it returns.
 */
export class RelayLine implements OutputLine {
  readonly #parts: RelayLineParts;
  readonly #end: () => void;
  #isWanted = false;
  #isLinked = false;
  #isOnline = true;
  #wasThere = false;
  #said: boolean | null = null;

  constructor(parts: RelayLineParts) {
    this.#parts = parts;
    this.#end = parts.link.listen({
      onMessage: (message) => this.#hear(message),
      onState: (state) => {
        this.#isLinked = state === 'open';
        this.#look();
      },
    });
  }

  /** @throws output_offline when it is to be switched on and is not there. Off is for whenever it returns. */
  set(on: boolean): void {
    if (on && !this.isThere) {
      const { name } = this.#parts;
      throw new CodedError('output_offline', `the device of output ${name} is not connected`, {
        fields: { output: name },
        advice: 'Check its power, its network and its password; `blockmesh status` lists who is connected.',
      });
    }
    this.#isWanted = on;
    if (this.isThere) this.#order();
    // It is told when it is back; not every device has a will that tells us it went.
    else this.#look();
  }

  level(): PinsLevel | 'unknown' {
    if (this.#said === null) return 'unknown';
    return this.#said ? 'high' : 'low';
  }

  release(): void {
    this.#end();
  }

  get isThere(): boolean {
    return this.#isLinked && this.#isOnline && this.#parts.link.isConnected;
  }

  #order(): void {
    const { output, link, longestMs } = this.#parts;
    const wanted: OutputOrder = this.#isWanted ? { type: 'pulse', ms: longestMs } : { type: 'off' };
    try {
      const { topic, payload } = output.plan(wanted).order;
      link.send(topic, payload);
    } catch (error) {
      // A device that only knows how to open for a time of its own is off when that is over.
      if (codeOf(error) !== 'order_unsupported' || this.#isWanted) throw error;
    }
  }

  #hear(message: MqttMessage): void {
    const heard = this.#parts.output.hear(message);
    if (heard.type === 'availability') this.#isOnline = heard.isOnline;
    const wasThere = this.#wasThere;
    this.#look();
    // It may have come back before anybody saw it go, and what it was told meanwhile went into a dead connection.
    const isBorn = heard.type === 'availability' && heard.isOnline;
    if (isBorn && wasThere && this.isThere && !this.#isWanted) this.#order();
    if (heard.type === 'state' && !message.isRetained) this.#say(heard.isOn);
  }

  /** The device may have come or gone: it is known by what it says. */
  #look(): void {
    if (this.#wasThere === this.isThere) return;
    this.#wasThere = this.isThere;
    this.#parts.onThere();
    if (this.isThere) {
      // Only ever to its safe level: nobody waits at the door any more.
      if (this.#isWanted) this.#parts.onReturn();
      else this.#order();
    } else this.#say(null);
  }

  #say(isOn: boolean | null): void {
    if (this.#said === isOn) return;
    this.#said = isOn;
    this.#parts.onLevel(isOn);
  }
}
