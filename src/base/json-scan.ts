const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/**
 * Counts the members that JSON `text` spells out, by their colons outside of text, before anything is built from it;
 * null when it nests deeper than `depthMax`. A parser keeps the last of two equal members: where it ends up with fewer
 * than this, one stood twice.
 */
export function countSpelledMembers(text: string, depthMax: number): number | null {
  let members = 0;
  let depth = 0;
  let inText = false;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (inText) {
      if (unit === BACKSLASH) at++;
      else if (unit === QUOTE) inText = false;
    } else if (unit === QUOTE) inText = true;
    else if (unit === COLON) members++;
    else if (unit === 0x7b || unit === 0x5b) {
      if (++depth > depthMax) return null;
    } else if (unit === 0x7d || unit === 0x5d) depth--;
  }
  return members;
}
