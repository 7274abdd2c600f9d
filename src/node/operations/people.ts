import { toHex } from '../../base/bytes.ts';
import { CodedError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import type { Randomness } from '../../base/ports.ts';
import { idText } from '../../format/ids.ts';
import type { Space } from '../space.ts';

/** What the operations about people share: who is meant, and what they send to dapp membership. */

export const MEMBERSHIP = 'membership';
const ID_BYTES = 4;

/** A member as the query `member` tells of them. */
export interface Person {
  readonly member: string;
  readonly name: string;
  readonly since: number;
  readonly groups: readonly string[];
  readonly roles: readonly string[];
  readonly family: string | null;
  readonly permanent: boolean;
  readonly plans: readonly { readonly plan: string; readonly from: number; readonly until: number | null }[];
  readonly guest: JsonObject | null;
  readonly email: string | null;
  readonly badges: readonly PersonBadge[];
  readonly lostCards: readonly (EntryName & { readonly badge: string })[];
  readonly denials: readonly (EntryName & { readonly reason: string; readonly since: number })[];
}

export interface PersonBadge {
  readonly badge: string;
  readonly label: string;
  readonly pin: boolean;
  readonly lost: EntryName | null;
}

/** An entry as people see it: the text of its block's link, and its place there. */
export interface EntryName {
  readonly block: string;
  readonly index: number;
}

/** A new id, such as `m-0a1b2c3d`. */
export function newId(letter: 'm' | 'g' | 'b' | 'n', randomness: Randomness): string {
  return `${letter}-${toHex(randomness.bytes(ID_BYTES))}`;
}

/** A member is named by id (`m-…`, a guest's `g-…`) or by name. */
export function memberParams(text: string): JsonObject {
  return /^[mg]-[0-9a-f]{8}$/.test(text) ? { member: text } : { name: text };
}

/** Everything about the member named by id or name, `standing` included. @throws no_such_member, bad_name. */
export async function personNamed(space: Space, text: string): Promise<Person & JsonObject> {
  await space.fold.settled();
  const { wallMs: ms, quality } = space.clock.now();
  const params = { ...memberParams(text), at: { ms, quality } };
  return (await space.query(MEMBERSHIP, 'member', params)) as unknown as Person & JsonObject;
}

/** Sends a command to membership. @returns `result` with the block it stands in. */
export async function order(space: Space, kind: string, body: JsonObject, result: JsonObject): Promise<JsonObject> {
  const { block } = await space.command(MEMBERSHIP, kind, body);
  return { ...result, block: idText(block) };
}

/**
 * The badge of a member that `text` means, an id or a label; the only one when it is not given.
 * @throws no_such_badge, badge_unclear.
 */
export function badgeNamed<T extends { readonly badge: string; readonly label?: string }>(
  person: Person,
  badges: readonly T[],
  text: string | undefined,
): T {
  // An id comes before a label: with another card's label in its way, a badge could not be marked lost.
  const known = badges.find(({ badge }) => badge === text);
  const labelled = badges.filter(({ label }) => text === undefined || label === text);
  const meant = known === undefined ? labelled : [known];
  const [one] = meant;
  if (one === undefined) {
    const what = text === undefined ? 'no badge that this can be done to' : `no badge ${text}`;
    throw new CodedError('no_such_badge', `${person.name} has ${what}`, {
      fields: { member: person.member },
      advice: 'See `blockmesh member show`.',
    });
  }
  if (meant.length === 1) return one;
  const names = meant.map(({ badge, label }) => (label === undefined ? badge : `${badge} (${label})`));
  throw new CodedError('badge_unclear', `${person.name} has several badges that this may mean: ${names.join(', ')}`, {
    fields: { member: person.member, badges: meant.length },
    advice: 'Name one of them after the member, by its id.',
  });
}
