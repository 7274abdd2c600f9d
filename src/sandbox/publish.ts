import { CodedError } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { PUBLISH_BURST_MAX, PUBLISH_BYTES_MAX, PUBLISH_PER_SECOND_MAX, TOPIC_BYTES_MAX } from '../base/limits.ts';
import type { Clock } from '../base/ports.ts';
import type { Manifest } from './manifest.ts';
import { badParams, checkParams } from './state-calls.ts';
import { isTopicName, topicMatches } from './topics.ts';

/** Who takes what an agent says. */
export interface Publisher {
  /** Hands a message to the broker. `topic` is relative to its base; resolves when the broker has taken it. */
  publish(topic: string, payload: Json, retain: boolean): Promise<void>;
}

/**
 * The answer to `publish`.
 * @throws bad_params, not_permitted, payload_too_long, publish_too_fast.
 */
export async function answerPublish(
  manifest: Manifest,
  host: Publisher,
  rate: PublishRate,
  params: JsonObject,
): Promise<null> {
  const { payload, retain = false } = checkParams('publish', params, ['topic', 'payload', 'retain']);
  const topic = permittedTopic(manifest, params);
  if (payload === undefined) throw badParams('publish', 'payload');
  if (typeof retain !== 'boolean') throw badParams('publish', 'retain');
  const bytes = Buffer.byteLength(JSON.stringify(payload));
  if (bytes > PUBLISH_BYTES_MAX) {
    throw new CodedError('payload_too_long', `a message has at most ${PUBLISH_BYTES_MAX} bytes`, {
      fields: { topic, bytes, max: PUBLISH_BYTES_MAX },
    });
  }
  rate.take(topic);
  await host.publish(topic, payload, retain);
  return null;
}

function permittedTopic(manifest: Manifest, { topic }: JsonObject): string {
  if (typeof topic !== 'string' || !isTopicName(topic) || Buffer.byteLength(topic) > TOPIC_BYTES_MAX) {
    throw badParams('publish', 'topic');
  }
  if (manifest.permissions.say.some((filter) => topicMatches(filter, topic))) return topic;
  throw new CodedError('not_permitted', `${manifest.name} may not say ${topic}`, {
    fields: { topic },
    advice: 'Name the topic, or a filter that covers it, in `permissions.say` of the manifest.',
  });
}

/** How fast an agent may say something: PUBLISH_BURST_MAX at once, PUBLISH_PER_SECOND_MAX in the long run. */
export class PublishRate {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #tokens = PUBLISH_BURST_MAX;
  #atMs: number;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
    this.#atMs = clock.monotonicMs();
  }

  /** @throws publish_too_fast: nothing was said, and a moment later it may be. */
  take(topic: string): void {
    const nowMs = this.#clock.monotonicMs();
    const earned = ((nowMs - this.#atMs) * PUBLISH_PER_SECOND_MAX) / 1000;
    this.#tokens = Math.min(PUBLISH_BURST_MAX, this.#tokens + earned);
    this.#atMs = nowMs;
    if (this.#tokens < 1) {
      throw new CodedError('publish_too_fast', `over ${PUBLISH_PER_SECOND_MAX} messages a second`, {
        fields: { topic, max: PUBLISH_PER_SECOND_MAX },
        advice: 'Say it again a second later; of what changes often only the last has to be said.',
      });
    }
    this.#tokens -= 1;
  }
}
