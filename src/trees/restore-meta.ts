import type { Attribute, Entry, Meta } from '../chunks/tree/entry.ts';
import type { Problems } from './problems.ts';
import { metaBytes } from './request-bytes.ts';
import type { Allowed } from './restore-options.ts';

const SET_ID = 0o6000;
const ACCESS_LISTS: readonly string[] = ['system.posix_acl_access', 'system.posix_acl_default'];

/** What is to be set of an entry, as a request carries it; tells what is not allowed. */
export function allowedMeta(
  { kind, meta }: { readonly kind: Exclude<Entry['kind'], 'hardlink'>; readonly meta: Meta },
  allow: Allowed,
  tell: (...args: Parameters<Problems['add']> extends [infer Code, unknown, infer Text] ? [Code, Text] : never) => void,
): Uint8Array {
  const attributes = meta.attributes.filter((attribute) => isAllowed(attribute, allow));
  for (const attribute of meta.attributes) {
    if (!attributes.includes(attribute)) tell('attribute_not_allowed', Buffer.from(attribute.name).toString());
  }
  const loses = kind === 'file' && !allow.owners && (meta.mode & SET_ID) !== 0;
  if (loses) tell('set_id_left_out', '');
  const mode = loses ? meta.mode & ~SET_ID : meta.mode;
  return metaBytes({ ...meta, mode, attributes }, allow.owners);
}

/** A capability is as good as a set-id bit, and `trusted` is for root's eyes; labels are the machine's own affair. */
function isAllowed({ name }: Attribute, { owners }: Allowed): boolean {
  const text = Buffer.from(name).toString('latin1');
  if (text.startsWith('user.') || ACCESS_LISTS.includes(text)) return true;
  return owners && (text === 'security.capability' || text.startsWith('trusted.'));
}
