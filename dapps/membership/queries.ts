import { Fault } from '../sdk/fault.ts';
import { asObject, id, integer, list, text, textOrNull } from '../sdk/fields.ts';
import type { Json, JsonObject } from '../sdk/json.ts';
import { SCAN_ROWS_MAX } from '../sdk/limits.ts';
import type { Row, State } from '../sdk/state.ts';
import { cleanName, foldName } from './names.ts';
import { heldPrefix, memberKey, nameKey } from './records.ts';

/** Query `members {after?, limit?}`: `{members: [{member, name, since}], more}`, by id, those after `after`. */
export async function listMembers(params: JsonObject, state: State): Promise<Json> {
  const limit = params.limit === undefined ? SCAN_ROWS_MAX : integer(params, 'limit', 1, SCAN_ROWS_MAX);
  const prefix = memberKey('');
  const start = params.after === undefined ? {} : { after: memberKey(id(params, 'after')) };
  const { rows, more } = await state.scan(prefix, { ...start, limit });
  const members = rows.map(({ key, value }) => ({ member: key.slice(prefix.length), ...asObject(value, key) }));
  return { members, more };
}

/**
 * Query `member {member}` or `member {name}`: `{member, name, since, badges: [{badge, label, family, bits}],
 * more}`, where `more` says that not all badges fit. Hashes stay inside: whoever sees one could match it against badges
 * read elsewhere. Codes: no_such_member, bad_name, bad_id.
 */
export async function findMember(params: JsonObject, state: State): Promise<Json> {
  const member = params.member === undefined ? await memberNamed(params, state) : id(params, 'member');
  const prefix = heldPrefix(member);
  const [record, held] = await Promise.all([state.read(memberKey(member)), state.scan(prefix)]);
  if (record === null) throw new Fault('no_such_member', `there is no member ${member}`);
  const badges = held.rows.map((row) => describeBadge(row, prefix));
  return { member, ...asObject(record, 'member'), badges, more: held.more };
}

async function memberNamed(params: JsonObject, state: State): Promise<string> {
  const name = cleanName(text(params, 'name'));
  const member = textOrNull({ member: await state.read(nameKey(foldName(name))) }, 'member');
  if (member === null) throw new Fault('no_such_member', `there is no member named ${name}`);
  return member;
}

function describeBadge({ key, value }: Row, prefix: string): Json {
  const held = asObject(value, key);
  const bits = list(held, 'views').map((view) => asObject(view, 'a view').bits ?? null);
  return { badge: key.slice(prefix.length), label: text(held, 'label'), family: text(held, 'family'), bits };
}
