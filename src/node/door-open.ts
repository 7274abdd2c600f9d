import { CodedError } from '../base/errors.ts';
import { isJsonObject, type Json } from '../base/json.ts';
import { authorOf, rolesOf } from '../ledger/mesh/authors.ts';
import { ROLE_ADMIN } from '../ledger/mesh/keys.ts';
import type { Agents } from './agents.ts';
import type { Operation } from './operations/operation.ts';
import { textOf } from './operations/params.ts';

/**
 * `{door}`: opens a door once, at the wish of the person whose console this is; the fact names that person.
 * @throws not_allowed; no_such_door, lockdown, disabled (of the door's agent); the codes of an agent.
 */
export function openDoorBy(agents: Agents): Operation {
  return async ({ space }, params): Promise<Json> => {
    const door = textOf(params, 'door');
    await space.query('door', 'door', { door });
    const author = authorOf(space.state, space.consoleKey);
    const principal = author?.principal ?? null;
    if (author === null || principal === null || !rolesOf(space.state, author).includes(ROLE_ADMIN)) {
      throw new CodedError('not_allowed', 'the key of this console may not open doors', {
        advice: `An ${ROLE_ADMIN} has to vouch for it anew.`,
      });
    }
    const answer = await agents.request('door', 'open', { door, by: principal });
    return { door, by: principal, ...(isJsonObject(answer) ? answer : {}) };
  };
}
