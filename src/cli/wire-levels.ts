import type { Json, JsonObject } from '../base/json.ts';
import type { Session } from './session.ts';

/** How the inputs of the running node are, by name: `active` true, false or null; nothing where no node runs. */
export async function wireLevels(session: Session): Promise<JsonObject> {
  if (!session.isNodeRunning) return {};
  return levelsOf((await session.call('node.status', {})) as JsonObject);
}

/** The same out of what `node.status` answered. */
export function levelsOf({ inputs }: JsonObject): JsonObject {
  const rows = Array.isArray(inputs) ? (inputs as readonly JsonObject[]) : [];
  return Object.fromEntries(rows.map(({ name, active }) => [String(name), active ?? null]));
}

/** `open`, `closed` or `unknown`. */
export function contactText(contact: Json | undefined, levels: JsonObject): string {
  const active = typeof contact === 'string' ? levels[contact] : null;
  if (typeof active !== 'boolean') return 'unknown';
  return active ? 'open' : 'closed';
}
