import { CodedError } from '../base/errors.ts';

/**
 * Names in trees are bytes. They are shown as text in which a backslash is `\\`, and each byte that is no UTF-8, or that a
 * terminal would obey, is `\x` with two digits; so each has one spelling, and the spelling can be typed.
 */

const UNSHOWN = /[\p{Cc}\p{Cf}\u2028\u2029]/u;
const DECODER = new TextDecoder('utf-8', { fatal: true });
const CHARACTER_BYTES_MAX = 4;

export function shownName(name: Uint8Array): string {
  let text = '';
  for (let at = 0; at < name.length; ) {
    const character = characterAt(name, at);
    const bytes = name.subarray(at, at + (character === null ? 1 : Buffer.byteLength(character)));
    if (character === '\\') text += '\\\\';
    else if (character === null || UNSHOWN.test(character)) text += [...bytes].map(escaped).join('');
    else text += character;
    at += bytes.length;
  }
  return text;
}

/** @throws bad_tree_name. */
export function parseName(text: string): Uint8Array {
  const parts = text.split(/(\\\\|\\x[0-9a-f]{2})/);
  const bytes = parts.map((part, index) => {
    if (index % 2 === 1) return part === '\\\\' ? Buffer.from('\\') : Buffer.from(part.slice(2), 'hex');
    if (!part.includes('\\')) return Buffer.from(part);
    throw new CodedError('bad_tree_name', `${text} has a backslash that says nothing`, {
      fields: { name: text },
      advice: 'A backslash is \\\\, and a byte that cannot be shown \\x and two digits, as `snapshot show` prints it.',
    });
  });
  return Buffer.concat(bytes);
}

function characterAt(name: Uint8Array, at: number): string | null {
  for (let length = 1; length <= CHARACTER_BYTES_MAX && at + length <= name.length; length += 1) {
    try {
      // A mark of the order of bytes would be swallowed.
      const text = DECODER.decode(name.subarray(at, at + length));
      return text === '' ? '\ufeff' : text;
    } catch {}
  }
  return null;
}

function escaped(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}
