import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../../base/json.ts';
import type { ImportRow } from './import-rows.ts';
import type { Person } from './people.ts';

type Fields = Pick<Person, 'email' | 'groups' | 'roles'>;
const NOTHING: Fields = { email: null, groups: [], roles: [] };

/**
 * What a row says of a member and is not so yet, as `member.add` (`person` null) and `member.edit` take it. Whether
 * somebody new is permanent is left to `member.add` where the row does not say.
 */
export function fieldsToChange(row: ImportRow, person: Fields | null): JsonObject {
  const { email, groups, roles, permanent } = row;
  const wanted = { email, groups: groups && sortedSet(groups), roles: roles && sortedSet(roles), permanent };
  const now: Readonly<Record<string, unknown>> = { ...(person ?? NOTHING) };
  return Object.fromEntries(
    Object.entries(wanted).flatMap(([name, value]) =>
      value === undefined || isDeepStrictEqual(value, now[name]) ? [] : [[name, value]],
    ),
  );
}

function sortedSet(list: readonly string[]): readonly string[] {
  return [...new Set(list)].sort();
}
