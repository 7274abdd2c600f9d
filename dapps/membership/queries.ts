import { asObject, id, integer, text } from '../sdk/fields.ts';
import type { Json, JsonObject } from '../sdk/json.ts';
import type { State } from '../sdk/state.ts';
import { each } from './each.ts';
import { familyKey, kinPrefix, memberKey, notePrefix, planKey } from './keys.ts';
import { isSuspended, memberOf } from './members.ts';

/** Rows of an answer: what one of them can hold at most, times this, fits one line of the protocol. */
const PAGE_ROWS_MAX = 100;

/** A page of the records under `prefix`, each with its id as `name`, those after the id `params.after`. */
async function pageOf(
  params: JsonObject,
  state: State,
  prefix: string,
  name: string,
): Promise<{ readonly rows: readonly JsonObject[]; readonly more: boolean }> {
  const limit = params.limit === undefined ? PAGE_ROWS_MAX : integer(params, 'limit', 1, PAGE_ROWS_MAX);
  const start = params.after === undefined ? {} : { after: `${prefix}${id(params, 'after')}` };
  const { rows, more } = await state.scan(prefix, { ...start, limit });
  return { rows: rows.map(({ key, value }) => ({ [name]: key.slice(prefix.length), ...asObject(value, key) })), more };
}

/** Query `members {after?, limit?}`: `{members: [the record with `member` and `suspended`], more}`, by id. */
export async function listMembers(params: JsonObject, state: State): Promise<Json> {
  const { rows, more } = await pageOf(params, state, memberKey(''), 'member');
  const members = await each(rows, async (row) => ({
    ...row,
    suspended: await isSuspended(state, text(row, 'member')),
  }));
  return { members, more };
}

/** Query `plans {after?, limit?}`: `{plans: [{plan, title, graceDays, family}], more}`. */
export async function listPlans(params: JsonObject, state: State): Promise<Json> {
  const { rows, more } = await pageOf(params, state, planKey(''), 'plan');
  return { plans: rows, more };
}

/** Query `families {after?, limit?}`: `{families: [{family, title, head, members: [id]}], more}`; at most 256 ids each. */
export async function listFamilies(params: JsonObject, state: State): Promise<Json> {
  const { rows, more } = await pageOf(params, state, familyKey(''), 'family');
  const families = await each(rows, async (row) => {
    const prefix = kinPrefix(text(row, 'family'));
    return { ...row, members: (await state.scan(prefix)).rows.map(({ key }) => key.slice(prefix.length)) };
  });
  return { families, more };
}

/** Query `notes {member}`: `{notes: [{note, text, since, by}]}`. Codes: no_such_member, bad_id. */
export async function listNotes(params: JsonObject, state: State): Promise<Json> {
  const member = id(params, 'member');
  const prefix = notePrefix(member);
  const [, { rows }] = await Promise.all([memberOf(state, member), state.scan(prefix)]);
  return { notes: rows.map(({ key, value }) => ({ note: key.slice(prefix.length), ...asObject(value, key) })) };
}
