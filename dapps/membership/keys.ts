/**
 * The keys of this dapp's state. Ids have passed `id`, so no part holds a slash; hashes, epochs and folded names stand
 * at the end or have a form of their own.
 */

/** One way a reader may see a card: the keyed hash of its low `bits` bits under the badge key `epoch`. */
export type View = {
  readonly epoch: string;
  readonly bits: number;
  /** 64 lower-case hex digits of HMAC-SHA-256. */
  readonly hash: string;
};

export const memberKey = (member: string): string => `member/${member}`;
export const nameKey = (folded: string): string => `name/${folded}`;
export const goneKey = (member: string): string => `gone/${member}`;
export const planKey = (plan: string): string => `plan/${plan}`;
export const familyKey = (family: string): string => `family/${family}`;
/** Which families a member heads, and who belongs to a family: indexes, so that no rule reads all members. */
export const headsPrefix = (member: string): string => `heads/${member}/`;
export const headsKey = (member: string, family: string): string => `${headsPrefix(member)}${family}`;
export const kinPrefix = (family: string): string => `kin/${family}/`;
export const kinKey = (family: string, member: string): string => `${kinPrefix(family)}${member}`;
export const denialPrefix = (member: string): string => `denial/${member}/`;
export const denialKey = (member: string, denial: string): string => `${denialPrefix(member)}${denial}`;
export const heldPrefix = (member: string): string => `held/${member}/`;
export const heldKey = (member: string, badge: string): string => `${heldPrefix(member)}${badge}`;
export const badgeKey = ({ epoch, bits, hash }: View): string => `badge/${epoch}/${bits}/${hash}`;
/** A lost card that is nobody's badge any more, and each of its views: neither opens a door, both refuse enrolment. */
export const lostPrefix = (member: string): string => `lost/${member}/`;
export const lostKey = (member: string, badge: string): string => `${lostPrefix(member)}${badge}`;
export const blockedKey = ({ epoch, bits, hash }: View): string => `blocked/${epoch}/${bits}/${hash}`;
export const notePrefix = (member: string): string => `note/${member}/`;
export const noteKey = (member: string, note: string): string => `${notePrefix(member)}${note}`;
