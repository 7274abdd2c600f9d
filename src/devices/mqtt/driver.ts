import { CodedError } from '../../base/errors.ts';
import { BadgeGate, type Reader, type ReaderOptions, type ReaderState, type ReaderStats } from '../reader.ts';
import type { MqttLink } from './link.ts';
import { MQTT_FAULTS, type MqttFault, type MqttHeard, type MqttMessage } from './message.ts';

interface MqttReaderOptions extends ReaderOptions {
  readonly link: MqttLink;
  /** What a message of the device says. */
  readonly hear: (message: MqttMessage) => MqttHeard;
}

/** A reader that reports its badges by MQTT. */
export class MqttReader implements Reader {
  readonly name: string;
  readonly #options: MqttReaderOptions;
  readonly #gate: BadgeGate;
  readonly #refused: Record<MqttFault, number>;
  #end: (() => void) | undefined;
  #isLinked = false;
  /** As the device's own last will has it; a device that never says is taken to be there. */
  #isOnline = true;
  #state: ReaderState | 'new' = 'new';

  constructor(options: MqttReaderOptions) {
    this.name = options.name;
    this.#options = options;
    this.#gate = new BadgeGate(options);
    this.#refused = Object.fromEntries(MQTT_FAULTS.map((fault) => [fault, 0])) as Record<MqttFault, number>;
  }

  async start(): Promise<void> {
    this.#end = this.#options.link.listen({
      onMessage: (message) => this.#hear(message),
      onState: (state, cause) => {
        this.#isLinked = state === 'open';
        this.#tell(cause);
      },
    });
  }

  async stop(): Promise<void> {
    this.#end?.();
    this.#end = undefined;
  }

  stats(): ReaderStats {
    return { ...this.#gate.counts, refused: { ...this.#refused }, strayBytes: 0, bufferedBytes: 0, throttled: 0 };
  }

  #hear(message: MqttMessage): void {
    const heard = this.#options.hear(message);
    if (heard.type === 'badge') this.#gate.pass(heard.credential, process.hrtime.bigint());
    else if (heard.type === 'refused') this.#refused[heard.fault] += 1;
    else if (heard.type === 'availability') {
      this.#isOnline = heard.isOnline;
      this.#tell();
    }
  }

  #tell(cause?: CodedError): void {
    const state = this.#isLinked && this.#isOnline ? 'open' : 'lost';
    if (state === this.#state) return;
    this.#state = state;
    if (state === 'open') this.#options.onState('open');
    else this.#options.onState('lost', cause ?? offline(this.name));
  }
}

function offline(reader: string): CodedError {
  return new CodedError('reader_offline', `the device of reader ${reader} is not connected`, {
    fields: { reader },
    advice: 'Check its power, its network and its password; `blockmesh status` lists who is connected.',
  });
}
