import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { LOG_ROWS_MAX } from '../../base/limits.ts';
import type { StateReader } from '../../ledger/state.ts';
import type { Space } from '../space.ts';
import type { OperationContext } from './operation.ts';
import { badParams } from './params.ts';
import { MEMBERSHIP, memberParams } from './people.ts';

/**
 * A member by id (`m-…`, a guest’s `g-…`) or name, in the state of now or of another time.
 * @throws no_such_member; bad_name.
 */
export async function findMember(
  space: Space,
  text: string,
  state?: StateReader,
): Promise<{ readonly member: string; readonly name: string }> {
  const found = await space.query(MEMBERSHIP, 'member', memberParams(text), state);
  const { member, name } = isJsonObject(found) ? found : {};
  return { member: String(member), name: String(name) };
}

/** The id that `text` is or means; that of one who is gone is still an id. @throws no_such_member, bad_name. */
export async function memberIdOf(space: Space, text: string): Promise<string> {
  const { member } = memberParams(text);
  return typeof member === 'string' ? member : (await findMember(space, text)).member;
}

/** `{members: [id]}`, at most LOG_ROWS_MAX → `{names: {id: name or null}}`. */
export async function nameMembers({ space }: OperationContext, { members }: JsonObject): Promise<Json> {
  if (!Array.isArray(members) || members.length > LOG_ROWS_MAX) {
    throw badParams('members', `a list of at most ${LOG_ROWS_MAX} ids`);
  }
  const names = members.map(String).map((member): [string, Json] => {
    const record = space.state.read(MEMBERSHIP, `member/${member}`);
    return [member, isJsonObject(record) ? (record.name ?? null) : null];
  });
  return { names: Object.fromEntries(names) };
}
