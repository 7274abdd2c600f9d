import { codeOf } from '../../base/errors.ts';
import { isJsonObject, type JsonObject } from '../../base/json.ts';
import { COVERED_ASKED_MAX, SCAN_ROWS_MAX } from '../../base/limits.ts';
import type { Space } from '../space.ts';
import { MEMBERSHIP } from './people.ts';

/**
 * Who, after a command, is in order by nothing: not permanent, and covered by no plan, own or of their family's head.
 * No door opens for them, so whoever gave the command is told.
 * @returns `{withoutPlan: [{member, name}], isAll}`; `isAll` false: there were more to ask about than are asked.
 */
export async function withoutPlan(space: Space, members: readonly string[]): Promise<JsonObject> {
  await space.fold.settled();
  const { wallMs: ms, quality } = space.clock.now();
  const asked = [...new Set(members)].slice(0, COVERED_ASKED_MAX);
  const found: JsonObject[] = [];
  for (const member of asked) {
    const person = await space.query(MEMBERSHIP, 'member', { member, at: { ms, quality } }).catch((error: unknown) => {
      // Forgotten meanwhile.
      if (codeOf(error) !== 'no_such_member') throw error;
      return null;
    });
    if (!isJsonObject(person) || !isJsonObject(person.standing)) continue;
    if (person.standing.rule === 'no-plan') found.push({ member, name: person.name ?? null });
  }
  return { withoutPlan: found, isAll: members.length <= COVERED_ASKED_MAX };
}

/** Everybody whom the plans of a member may cover: the member, and who is in a family that the member heads. */
export function coveredBy(space: Space, head: string): readonly string[] {
  return [head, ...idsUnder(space, `heads/${head}/`).flatMap((family) => kinOf(space, family))];
}

/** Who is in a family. */
export function kinOf(space: Space, family: string): readonly string[] {
  return idsUnder(space, `kin/${family}/`);
}

/** A page of them: as many as are asked about, at least. */
function idsUnder(space: Space, prefix: string): readonly string[] {
  const { rows } = space.state.scan(MEMBERSHIP, prefix, null, SCAN_ROWS_MAX);
  return rows.map(({ key }) => key.slice(prefix.length));
}
