const SPECIAL = /[.+^${}()|[\]\\]/g;

/**
 * What is left out of a snapshot. A pattern without a slash stands for every name like it, one with a slash for a path from
 * the folder: `*` is any part of a name, `**` of a path, `?` one byte; with a slash at its end it means folders alone.
 */
export function excluder(patterns: readonly string[]): (path: Uint8Array, isDirectory: boolean) => boolean {
  const rules = patterns.map((pattern) => {
    const bare = pattern.replace(/\/+$/, '');
    const isPath = bare.includes('/');
    // Names are bytes, and so each byte is a character here.
    const text = Buffer.from(bare.replace(/^\/+/, '')).toString('latin1');
    const source = text
      .replace(SPECIAL, '\\$&')
      .replaceAll('**', '\0')
      .replaceAll('*', '[^/]*')
      .replaceAll('?', '[^/]')
      .replaceAll('\0', '.*');
    return { isFolder: bare !== pattern, isMatch: new RegExp(`^${isPath ? '' : '(?:.*/)?'}${source}$`, 's') };
  });
  return (path, isDirectory) => {
    const text = Buffer.from(path).toString('latin1');
    return rules.some(({ isFolder, isMatch }) => (isDirectory || !isFolder) && isMatch.test(text));
  };
}
