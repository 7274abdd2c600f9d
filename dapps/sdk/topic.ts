/**
 * Whether an MQTT topic filter covers `topic`: `+` stands for one level, `#` at the end for the rest, the level above
 * included [MQTT-4.7.1-2].
 */
export function topicMatches(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  for (const [i, want] of wanted.entries()) {
    if (want === '#') return i === wanted.length - 1;
    if (i >= levels.length || (want !== '+' && want !== levels[i])) return false;
  }
  return wanted.length === levels.length;
}
