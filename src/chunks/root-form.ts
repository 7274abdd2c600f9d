import { CodedError } from '../base/errors.ts';
import { ROOT_NAME_CHARACTERS_MAX, ROOT_NOTE_BYTES_MAX } from '../base/limits-chunks.ts';
import type { Root } from './ports.ts';

/** No controls, no marks that turn the direction of writing, no halves of characters, no other ends of lines. */
const PRINTABLE = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+$/u;

/** That a root may be kept so. @throws bad_root_name, root_note_long. */
export function checkRootForm({ name, note }: Pick<Root, 'name' | 'note'>): void {
  if ([...name].length > ROOT_NAME_CHARACTERS_MAX || !PRINTABLE.test(name)) {
    throw new CodedError('bad_root_name', `not a name: ${JSON.stringify([...name].slice(0, 80).join(''))}`, {
      fields: { charactersMax: ROOT_NAME_CHARACTERS_MAX },
      advice: `Give 1 to ${ROOT_NAME_CHARACTERS_MAX} printable characters.`,
    });
  }
  const noteBytes = Buffer.byteLength(note);
  if (noteBytes > ROOT_NOTE_BYTES_MAX) {
    throw new CodedError('root_note_long', `what is noted of ${name} is too long`, {
      fields: { noteBytes, noteBytesMax: ROOT_NOTE_BYTES_MAX },
    });
  }
}
