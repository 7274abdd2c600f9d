import { isJsonObject, type Json } from '../../base/json.ts';
import type { Author } from '../outcome.ts';
import type { StateReader } from '../state.ts';
import { MESH, ROLE_NODE, roleKey, signerKey } from './keys.ts';

/** Who a key speaks for in this state, or null for a key nobody has vouched for. */
export function authorOf(state: StateReader, key: string): Author | null {
  const record = state.read(MESH, signerKey(key));
  if (!isJsonObject(record)) return null;
  return { key, principal: textOrNull(record.principal), node: textOrNull(record.node) };
}

/** The roles of an author in this state, sorted. A person's come from the principal, a board has one. */
export function rolesOf(state: StateReader, author: Author): readonly string[] {
  if (author.principal === null) return author.node === author.key ? [ROLE_NODE] : [];
  const record = state.read(MESH, roleKey(author.principal));
  const roles = isJsonObject(record) && Array.isArray(record.roles) ? record.roles : [];
  return roles.filter((role) => typeof role === 'string').sort();
}

function textOrNull(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null;
}
