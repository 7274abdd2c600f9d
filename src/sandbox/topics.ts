/** MQTT topics and filters (MQTT 3.1.1 section 4.7). */

/** Whether `filter` is well-formed: `+` fills a level, `#` fills the last one. */
export function isTopicFilter(filter: string): boolean {
  const levels = filter.split('/');
  return (
    isTopicText(filter) &&
    levels.every((level, index) => level === '+' || (level === '#' && index === levels.length - 1) || isTopic(level))
  );
}

/** Whether `topic` names one topic: not empty, no wildcard, no NUL. Levels may be empty. */
function isTopic(topic: string): boolean {
  return !/[+#\0]/.test(topic);
}

function isTopicText(text: string): boolean {
  return text.length > 0 && !text.includes('\0');
}

export function isTopicName(text: string): boolean {
  return isTopicText(text) && isTopic(text);
}

/** Both well-formed. A wildcard in front does not match topics that begin with `$` [MQTT-4.7.2-1]. */
export function topicMatches(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  if (topic.startsWith('$') && (wanted[0] === '+' || wanted[0] === '#')) return false;
  for (const [index, level] of wanted.entries()) {
    // `#` also stands for the level above it: `a/#` matches `a`.
    if (level === '#') return true;
    if (index >= levels.length || (level !== '+' && level !== levels[index])) return false;
  }
  return wanted.length === levels.length;
}
