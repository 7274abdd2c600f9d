import { toHex } from '../base/bytes.ts';
import type { CodedError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { Clock, Randomness } from '../base/ports.ts';
import type { Credential } from '../devices/credential.ts';
import type { Reader } from '../devices/reader.ts';
import type { Log } from '../sandbox/log.ts';
import type { MqttLinks } from './broker/mqtt-links.ts';
import type { Config } from './config.ts';
import type { SectionChanges } from './config-changes.ts';
import { hashedPins, hashedViews } from './hashed-views.ts';
import type { BadgeKey } from './key-files.ts';
import { readerFor } from './reader-drivers.ts';
import type { ReaderConfig } from './reader-schema.ts';
import type { WiegandFeed } from './wiegand-feed.ts';

export interface ReadersParts {
  readonly config: Pick<Config, 'reader'>;
  readonly badgeKeys: readonly BadgeKey[];
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  /** What the pins process hears of the readers on its lines. */
  readonly wiegand: WiegandFeed;
  /** The MQTT devices of the ledger. */
  readonly mqtt: MqttLinks;
  /** A badge was held to `reader`; the payload holds no number and no PIN, only keyed hashes. */
  readonly onBadge: (reader: string, payload: JsonObject) => void;
}

const EVENT_ID_BYTES = 8;

interface ReaderHealth {
  readonly state: string;
  /** Why it is lost, and what to do about it; null while it is not. */
  readonly fault: string | null;
}

const CLOSED: ReaderHealth = { state: 'closed', fault: null };

/** The readers that `blockmesh.toml` names, as it was read last. */
export class Readers {
  readonly #parts: ReadersParts;
  #readers: ReadonlyMap<string, Reader>;
  readonly #states = new Map<string, ReaderHealth>();

  constructor(parts: ReadersParts) {
    this.#parts = parts;
    this.#readers = new Map(Object.entries(parts.config.reader).map(([name, one]) => [name, this.#made(name, one)]));
  }

  async start(): Promise<void> {
    await Promise.all([...this.#readers.values()].map((reader) => reader.start()));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#readers.values()].map((reader) => reader.stop()));
  }

  /**
   * Takes up other readers. One that is unchanged goes on as if nothing were; those that are gone or changed are closed
   * before others open, for a port may have another name now. Resolves when each new one was tried to open.
   */
  async replace(readers: Config['reader'], { added, changed, removed }: SectionChanges): Promise<void> {
    const before = this.#readers;
    const isFresh = (name: string) => added.includes(name) || changed.includes(name);
    const after = new Map<string, Reader>();
    for (const [name, settings] of Object.entries(readers)) {
      const kept = isFresh(name) ? undefined : before.get(name);
      after.set(name, kept ?? this.#made(name, settings));
    }
    this.#readers = after;
    const gone = [...removed, ...changed];
    await Promise.all(gone.map((name) => before.get(name)?.stop()));
    for (const name of gone) this.#states.delete(name);
    await Promise.all([...added, ...changed].map((name) => after.get(name)?.start()));
  }

  /** For `status`. */
  describe(): readonly JsonObject[] {
    return [...this.#readers.values()].map((reader) => ({
      name: reader.name,
      ...(this.#states.get(reader.name) ?? CLOSED),
      ...reader.stats(),
    }));
  }

  #made(name: string, settings: ReaderConfig): Reader {
    const { clock, log, onBadge } = this.#parts;
    const options = {
      name,
      clock,
      onBadge: (credential: Credential, _receivedNs: bigint, pin?: string) =>
        onBadge(name, badgePayload(name, credential, pin, this.#parts)),
      onState: (state: string, cause?: CodedError) => {
        const fault = cause === undefined ? null : withAdvice(cause);
        this.#states.set(name, { state, fault });
        if (cause === undefined) log.info({ reader: name }, `reader ${state}`);
        else log.warn({ reader: name, code: cause.code }, `reader ${state}: ${fault}`);
      },
    };
    return readerFor(settings, options, this.#parts);
  }
}

function withAdvice({ message, advice }: CodedError): string {
  return advice === undefined ? message : `${message}. ${advice}`;
}

function badgePayload(
  reader: string,
  credential: Credential,
  pin: string | undefined,
  { randomness, badgeKeys }: ReadersParts,
): JsonObject {
  const views = hashedViews(credential, badgeKeys);
  return {
    reader,
    event: toHex(randomness.bytes(EVENT_ID_BYTES)),
    credential: { family: credential.family, views },
    ...(pin === undefined ? {} : { pin: hashedPins(pin, views, badgeKeys) }),
  };
}
