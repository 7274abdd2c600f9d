import { toHex } from '../base/bytes.ts';
import type { CodedError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { Clock, Randomness } from '../base/ports.ts';
import type { Credential } from '../devices/credential.ts';
import type { Reader } from '../devices/reader.ts';
import type { Log } from '../sandbox/log.ts';
import type { Config } from './config.ts';
import { hashedPins, hashedViews } from './hashed-views.ts';
import type { BadgeKey } from './key-files.ts';
import { readerFor } from './reader-drivers.ts';
import type { WiegandFeed } from './wiegand-feed.ts';

export interface ReadersParts {
  readonly config: Config;
  readonly badgeKeys: readonly BadgeKey[];
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  /** What the pins process hears of the readers on its lines. */
  readonly wiegand: WiegandFeed;
  /** A badge was held to `reader`; the payload holds no number and no PIN, only keyed hashes. */
  readonly onBadge: (reader: string, payload: JsonObject) => void;
}

const EVENT_ID_BYTES = 8;

/** The readers that `blockmesh.toml` names. */
export class Readers {
  readonly #readers: readonly Reader[];
  readonly #states = new Map<string, string>();

  constructor(parts: ReadersParts) {
    const { config, clock, log, wiegand } = parts;
    this.#readers = Object.entries(config.reader).map(([name, settings]) => {
      const options = {
        name,
        clock,
        onBadge: (credential: Credential, _receivedNs: bigint, pin?: string) =>
          parts.onBadge(name, badgePayload(name, credential, pin, parts)),
        onState: (state: string, cause?: CodedError) => {
          this.#states.set(name, state);
          if (cause === undefined) log.info({ reader: name }, `reader ${state}`);
          else log.warn({ reader: name, code: cause.code }, `reader ${state}: ${cause.message}`);
        },
      };
      return readerFor(settings, options, wiegand);
    });
  }

  async start(): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader.start()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader.stop()));
  }

  /** For `status`. */
  describe(): readonly JsonObject[] {
    return this.#readers.map((reader) => ({
      name: reader.name,
      state: this.#states.get(reader.name) ?? 'closed',
      ...reader.stats(),
    }));
  }
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
