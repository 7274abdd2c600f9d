import { toHex } from '../base/bytes.ts';
import type { JsonObject } from '../base/json.ts';
import type { Clock, Randomness } from '../base/ports.ts';
import { type Credential, hashView, viewsOf } from '../devices/credential.ts';
import { Rdm6300Reader } from '../devices/rdm6300/driver.ts';
import type { Reader } from '../devices/reader.ts';
import type { Log } from '../sandbox/log.ts';
import type { Config } from './config.ts';
import type { BadgeKey } from './key-files.ts';

export interface ReadersParts {
  readonly config: Config;
  readonly badgeKeys: readonly BadgeKey[];
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  /** A badge was held to `reader`; the payload holds no number, only keyed hashes. */
  readonly onBadge: (reader: string, payload: JsonObject) => void;
}

const EVENT_ID_BYTES = 8;

/** The readers that `blockmesh.toml` names. */
export class Readers {
  readonly #readers: readonly Reader[];
  readonly #states = new Map<string, string>();

  constructor(parts: ReadersParts) {
    const { config, clock, log } = parts;
    this.#readers = Object.entries(config.reader).map(
      ([name, { port, baud }]) =>
        new Rdm6300Reader({
          name,
          clock,
          path: port,
          baudRate: baud,
          onBadge: (credential) => parts.onBadge(name, badgePayload(name, credential, parts)),
          onState: (state, cause) => {
            this.#states.set(name, state);
            if (cause === undefined) log.info({ reader: name }, `reader ${state}`);
            else log.warn({ reader: name, code: cause.code }, `reader ${state}: ${cause.message}`);
          },
        }),
    );
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

function badgePayload(reader: string, credential: Credential, parts: ReadersParts): JsonObject {
  return {
    reader,
    event: toHex(parts.randomness.bytes(EVENT_ID_BYTES)),
    credential: { family: credential.family, views: hashedViews(credential, parts.badgeKeys) },
  };
}

/** Every view of the credential under every badge key, newest key first. */
export function hashedViews(
  credential: Credential,
  ring: readonly BadgeKey[],
): readonly { epoch: string; bits: number; hash: string }[] {
  return ring.flatMap(({ epoch, key }) =>
    viewsOf(credential).map((view) => ({ epoch, bits: view.bits, hash: hashView(key, view) })),
  );
}
