import type { Call, Outcome } from '../sdk/contract.ts';
import { Fault } from '../sdk/fault.ts';
import { id, text } from '../sdk/fields.ts';
import type { State } from '../sdk/state.ts';
import { NOTES_MAX } from './caps.ts';
import { memberKey, noteKey, notePrefix } from './keys.ts';
import { asMember } from './members.ts';
import { cleanNote } from './names.ts';

/** Command `note.add {member, note, text}`. Codes: no_such_member, note_exists, too_many_notes, bad_text, bad_id. */
export async function addNote({ body, author, at }: Call, state: State): Promise<Outcome> {
  const [member, note] = [id(body, 'member'), id(body, 'note')];
  const words = cleanNote(text(body, 'text'));
  const [record, notes] = await Promise.all([state.read(memberKey(member)), state.scan(notePrefix(member))]);
  asMember(record, member);
  const key = noteKey(member, note);
  if (notes.rows.some((row) => row.key === key)) {
    throw new Fault('note_exists', `there is a note ${note} about ${member} already`);
  }
  if (notes.rows.length >= NOTES_MAX) throw new Fault('too_many_notes', `${member} has ${NOTES_MAX} notes already`);
  return { writes: [{ key, value: { text: words, since: at.ms, by: author.principal ?? author.key } }] };
}

/** Command `note.erase {member, note}`: takes it out of the state; erasing the entry itself is dapp mesh's. Code: no_such_note. */
export async function eraseNote({ body }: Call, state: State): Promise<Outcome> {
  const key = noteKey(id(body, 'member'), id(body, 'note'));
  if ((await state.read(key)) === null) throw new Fault('no_such_note', 'there is no such note');
  return { writes: [{ key, value: null }] };
}
