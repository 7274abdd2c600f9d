import { MQTT_TOPIC_BYTES_MAX, MQTT_TOPIC_LEVELS_MAX } from '../base/limits.ts';

/** Topics and filters of MQTT 3.1.1, clause 4.7. Pure. */

const CONTROL = /\p{Cc}/u;

/** Whether `filter` picks `topic`. A wildcard in the first level picks nothing that begins with `$` (4.7.2-1). */
export function filterMatches(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && !filter.startsWith('$')) return false;
  return covers(filter, topic);
}

/** Whether every topic that `filter` picks is picked by `wider` too. */
export function covers(wider: string, filter: string): boolean {
  const [outer, inner] = [wider.split('/'), filter.split('/')];
  for (const [at, level] of outer.entries()) {
    // `a/#` picks `a` as well.
    if (level === '#') return at <= inner.length;
    const other = inner[at];
    if (other === undefined || other === '#') return false;
    if (level !== '+' && level !== other) return false;
  }
  return inner.length === outer.length;
}

/** Whether a topic or filter is short and flat enough to be dealt with, and says what a log may show. */
export function isBounded(topic: string): boolean {
  return (
    topic !== '' &&
    Buffer.byteLength(topic) <= MQTT_TOPIC_BYTES_MAX &&
    topic.split('/').length <= MQTT_TOPIC_LEVELS_MAX &&
    !CONTROL.test(topic)
  );
}
