import { constants, open } from 'node:fs/promises';
import { assert } from '../base/assert.ts';
import { CodedError, messageOf } from '../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts';
import { BADGE_TEST_WAIT_MS_MAX } from '../base/limits.ts';
import type { Clock } from '../base/ports.ts';
import type { Credential } from '../devices/credential.ts';
import { parseCredential } from '../devices/credential-text.ts';
import type { Fact } from './agent-host.ts';
import type { Config } from './config.ts';
import { hashedPins, hashedViews } from './hashed-views.ts';
import type { LiveConfig } from './live-config.ts';
import type { Presentations } from './presentations.ts';
import { fedFrame } from './reader-drivers.ts';
import type { Space } from './space.ts';

/** Facts of this node as they are written; at most one listener a running `badge test`. */
export class FactFeed {
  readonly #listeners = new Set<(fact: Fact | null) => void>();

  publish(fact: Fact): void {
    for (const listener of this.#listeners) listener(fact);
  }

  /** Whoever waits is told that nothing comes. */
  close(): void {
    for (const listener of this.#listeners) listener(null);
  }

  /** Resolves with the first fact that `wanted` picks, or null after `waitMs` or when the feed is closed. */
  next(wanted: (fact: Fact) => boolean, clock: Clock, waitMs: number): Promise<Fact | null> {
    const { promise, resolve } = Promise.withResolvers<Fact | null>();
    const listener = (fact: Fact | null) => {
      if (fact === null || wanted(fact)) resolve(fact);
    };
    const cancel = clock.after(waitMs, () => resolve(null));
    this.#listeners.add(listener);
    return promise.finally(() => {
      cancel();
      this.#listeners.delete(listener);
    });
  }
}

export interface BadgeTestParts {
  readonly space: Space;
  readonly live: LiveConfig;
  readonly facts: FactFeed;
  readonly presentations: Presentations;
  readonly clock: Clock;
}

/**
 * Holds a card to the virtual reader of a door: writes the frame a real one would send into the other end of its
 * line, and tells what the door made of it.
 * @throws no_such_door; reader_not_virtual; card_not_readable; feed_unwritable; badge_unheard; pin_unreadable.
 */
export async function testBadge(parts: BadgeTestParts, params: JsonObject): Promise<Json> {
  const { space, live, facts, presentations, clock } = parts;
  const { door: name, number, pin = null } = params;
  if (typeof name !== 'string' || typeof number !== 'string' || (pin !== null && typeof pin !== 'string')) {
    throw new CodedError('bad_params', 'door, number and pin must be text');
  }
  const door = await space.query('door', 'door', { door: name });
  const reader = isJsonObject(door) ? String(door.reader) : '';
  const credential = parseCredential(number);
  const { feed, frame, bits } = feedOf(live.now, reader, name, credential);
  const views = hashedViews(credential, space.badgeKeys);
  const view = views.find((one) => one.bits <= bits);
  assert(view !== undefined, 'a space has a badge key, and a card has a view');
  // What a keypad beside the reader would add.
  const typed = pin === null ? {} : { pin: hashedPins(pin, views, space.badgeKeys) };
  const presented = presentations.next(reader, view, clock, BADGE_TEST_WAIT_MS_MAX, typed);
  await feedFrame(feed, frame);
  // Others may hold cards to the same reader: only what is said about this very presentation is our answer.
  const event = await presented;
  const isAnswer = ({ kind, body }: Fact) => body.event === event && (kind === 'granted' || kind === 'denied');
  const fact = event === null ? null : await facts.next(isAnswer, clock, BADGE_TEST_WAIT_MS_MAX);
  if (fact === null) {
    throw new CodedError('badge_unheard', `${name} said nothing about the badge`, {
      fields: { reader, door: name },
      advice: 'Held on again within half a second, a card counts as lying there still. See `blockmesh status`.',
    });
  }
  return { result: fact.kind, output: isJsonObject(door) ? (door.output ?? null) : null, ...fact.body };
}

/** Where a virtual reader's bytes are written, and what it would send for the card. */
function feedOf(config: Config, reader: string, door: string, { family, value }: Credential) {
  const settings = config.reader[reader];
  const feed = settings !== undefined && 'feed' in settings ? settings.feed : undefined;
  const fields = { reader, door };
  if (settings === undefined || feed === undefined) {
    throw new CodedError('reader_not_virtual', `the reader ${reader} of ${door} has no feed to write to`, {
      fields,
      advice: 'Hold a card to it; `badge test` is for virtual readers.',
    });
  }
  const fed = family === 'em4100' ? fedFrame(settings.driver, value) : null;
  if (fed !== null) return { feed, ...fed };
  throw new CodedError('card_not_readable', `a reader like ${reader} reads no card of this kind`, {
    fields,
    advice: 'Use the number of a card of 125 kHz, as printed on it.',
  });
}

async function feedFrame(feed: string, frame: Uint8Array): Promise<void> {
  try {
    // A line that nobody drains must not hold a thread of this process; one that became this process's terminal would take it down when it hangs up.
    await using file = await open(feed, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    await file.write(frame);
  } catch (cause) {
    throw new CodedError('feed_unwritable', `cannot write to ${feed}: ${messageOf(cause)}`, {
      cause,
      fields: { path: feed },
      advice: 'Is the virtual reader running?',
    });
  }
}
