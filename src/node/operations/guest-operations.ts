import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { idText } from '../../format/ids.ts';
import { eraseAbout } from './erase-about.ts';
import type { OperationContext, Operations } from './operation.ts';
import { textOf } from './params.ts';
import { MEMBERSHIP, newId, order, personNamed } from './people.ts';

export const GUEST_OPERATIONS: Operations = Object.freeze({
  'guest.add': addGuest,
  'guest.list': listGuests,
  'guest.end': endGuest,
  'note.add': addNote,
  'note.list': listNotes,
  'note.erase': eraseNote,
});

/** `{name, member, from?, until, hours?}`; `member` invites. `from` is now where it is absent. */
async function addGuest({ space, randomness }: OperationContext, params: JsonObject): Promise<Json> {
  const host = await personNamed(space, textOf(params, 'member'));
  const guest = newId('g', randomness);
  const { from = space.clock.now().wallMs, until = null, hours = [] } = params;
  const body = { guest, name: textOf(params, 'name'), host: host.member, from, until, hours };
  return await order(space, 'guest.add', body, { ...body, hostName: host.name });
}

/** A page of `member.list` with the guests alone, which may be none: `more` tells whether another page follows. */
async function listGuests({ space }: OperationContext, params: JsonObject): Promise<Json> {
  const page = (await space.query(MEMBERSHIP, 'members', params)) as { members: JsonObject[]; more: boolean };
  const guests = page.members.filter(({ guest }) => isJsonObject(guest));
  return { guests, more: page.more, after: page.members.at(-1)?.member ?? null };
}

/** `{member, until?}`: now where it is absent. */
async function endGuest({ space }: OperationContext, params: JsonObject): Promise<Json> {
  const { member: guest, name } = await personNamed(space, textOf(params, 'member'));
  const { until = space.clock.now().wallMs } = params;
  return await order(space, 'guest.end', { guest, until }, { guest, name, until });
}

async function addNote({ space, randomness }: OperationContext, params: JsonObject): Promise<Json> {
  const { member, name } = await personNamed(space, textOf(params, 'member'));
  const note = newId('n', randomness);
  return await order(space, 'note.add', { member, note, text: textOf(params, 'text') }, { member, name, note });
}

async function listNotes({ space }: OperationContext, params: JsonObject): Promise<Json> {
  const { member, name } = await personNamed(space, textOf(params, 'member'));
  const answer = await space.query(MEMBERSHIP, 'notes', { member });
  return { member, name, ...(isJsonObject(answer) ? answer : {}) };
}

/** Takes a note out of the state, and then out of the ledger. */
async function eraseNote(context: OperationContext, params: JsonObject): Promise<Json> {
  const { space } = context;
  const { member, name } = await personNamed(space, textOf(params, 'member'));
  const note = textOf(params, 'note');
  const { block } = await space.command(MEMBERSHIP, 'note.erase', { member, note });
  const about = await eraseAbout(context, member, (kind, body) => kind === 'note.add' && body.note === note);
  return { member, name, note, block: idText(block), ...about };
}
