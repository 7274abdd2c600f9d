import { isUtf8 } from 'node:buffer';
import { existsSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { CodedError } from '../../base/errors.ts';
import { CARD_FILE_BYTES_MAX } from '../../base/limits.ts';
import { readAtMost } from '../../store/files.ts';

export interface CardText {
  readonly bytes: Uint8Array;
  readonly text: string;
}

/**
 * A file of the card; null where there is none. One that is no UTF-8 is refused: the name of a network in it would be
 * another one, and where a password stands in its text is not where it stands on the card.
 * @throws card_file_odd, card_file_large, card_file_encoding; what the system does.
 */
export function readCard(path: string): CardText | null {
  if (!existsSync(path)) return null;
  const name = basename(path);
  if (!statSync(path).isFile()) {
    const advice = 'Remove it, and write a file of that name.';
    throw new CodedError('card_file_odd', `${name} is no file`, { fields: { path }, advice });
  }
  const bytes = readAtMost(path, CARD_FILE_BYTES_MAX);
  if (bytes.length > CARD_FILE_BYTES_MAX) {
    throw new CodedError('card_file_large', `${name} has over ${CARD_FILE_BYTES_MAX} bytes`, {
      fields: { path, bytesMax: CARD_FILE_BYTES_MAX },
      advice: 'Write it anew, with what the board needs alone.',
    });
  }
  if (isUtf8(bytes)) return { bytes, text: bytes.toString('utf8') };
  const line = firstBadLine(bytes);
  throw new CodedError('card_file_encoding', `${name} line ${line}: this is no UTF-8`, {
    fields: { path, line },
    advice: 'Save the file anew with the encoding UTF-8: the editor asks for it beside the name.',
  });
}

/** From 1. No byte of a longer character of UTF-8 is a line feed. */
function firstBadLine(bytes: Buffer): number {
  let [line, start] = [1, 0];
  for (;;) {
    const end = bytes.indexOf('\n', start);
    if (end === -1 || !isUtf8(bytes.subarray(start, end))) return line;
    [line, start] = [line + 1, end + 1];
  }
}
