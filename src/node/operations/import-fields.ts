import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../../base/json.ts';
import type { ImportRow } from './import-rows.ts';
import type { Person } from './people.ts';

type Fields = Pick<Person, 'email' | 'groups' | 'roles' | 'family'>;
const NOTHING: Fields = { email: null, groups: [], roles: [], family: null };

/**
 * What a row says of a member and is not so yet, as `member.add` (`person` null) and `member.edit` take it. Whether
 * somebody new is permanent is left to `member.add` where the row does not say.
 */
export function fieldsToChange(row: ImportRow, person: Fields | null): JsonObject {
  const { email, groups, roles, family, permanent } = row;
  const wanted = { email, groups: groups && sortedSet(groups), roles: roles && sortedSet(roles), family, permanent };
  const now: Readonly<Record<string, unknown>> = { ...(person ?? NOTHING) };
  const fields = Object.fromEntries(
    Object.entries(wanted).flatMap(([name, value]) =>
      value === undefined || isDeepStrictEqual(value, now[name]) ? [] : [[name, value]],
    ),
  );
  // Whoever joins a family is permanent no more, unless that is said with it.
  return typeof fields.family === 'string' && permanent !== undefined ? { ...fields, permanent } : fields;
}

function sortedSet(list: readonly string[]): readonly string[] {
  return [...new Set(list)].sort();
}
