import { CodedError } from '../../base/errors.ts';
import { isJsonObject, type JsonObject } from '../../base/json.ts';
import { Fields } from '../../format/fields.ts';

/** JSON that somebody kept in a store, which may have come on a stick. @throws chunks_damaged. */
export function noteIn(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {}
  throw new CodedError('chunks_damaged', 'the chunk store has a note that is none', {
    fields: { note: text.slice(0, SHOWN_CHARACTERS_MAX) },
    advice: 'Name another store, or take away what the note belongs to.',
  });
}

const SHOWN_CHARACTERS_MAX = 80;

/** As `noteIn`, field by field. */
export function noteFields(text: string): Fields {
  return new Fields(noteIn(text), 'chunks_damaged', 'a note of the chunk store');
}
