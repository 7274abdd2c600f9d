import { Fault } from '../sdk/fault.ts';
import { asObject, integer, list, text } from '../sdk/fields.ts';
import type { Json, JsonObject } from '../sdk/json.ts';

/** One way a reader may see a card: the keyed hash of its low `bits` bits under the badge key `epoch`. */
interface BadgeView {
  readonly epoch: string;
  readonly bits: number;
  /** 64 lower-case hex digits of HMAC-SHA-256. */
  readonly hash: string;
}

const EPOCH = /^[A-Za-z0-9_-]{1,64}$/;
const HASH = /^[0-9a-f]{64}$/;
const VIEW_BITS_MIN = 24;
const VIEW_BITS_MAX = 128;
const VIEWS_MAX = 3;

export const memberKey = (member: string): string => `member/${member}`;
export const nameKey = (folded: string): string => `name/${folded}`;
export const badgeKey = ({ epoch, bits, hash }: BadgeView): string => `badge/${epoch}/${bits}/${hash}`;
export const heldPrefix = (member: string): string => `held/${member}/`;
export const heldKey = (member: string, badge: string): string => `${heldPrefix(member)}${badge}`;

function parseView(value: Json): BadgeView {
  const from = asObject(value, 'a view');
  const view = {
    epoch: text(from, 'epoch'),
    bits: integer(from, 'bits', VIEW_BITS_MIN, VIEW_BITS_MAX),
    hash: text(from, 'hash'),
  };
  if (!EPOCH.test(view.epoch)) throw new Fault('bad_view', 'an epoch is 1 to 64 of A-Z a-z 0-9 _ -');
  if (!HASH.test(view.hash)) throw new Fault('bad_view', 'a hash is 64 lower-case hex digits');
  return view;
}

/**
 * The views of one card. One card has one value at each width, so two views of one width and epoch are two cards.
 * @throws Fault bad_view, bad_field
 */
export function parseViews(body: JsonObject): readonly BadgeView[] {
  const views = list(body, 'views').map(parseView);
  if (views.length < 1 || views.length > VIEWS_MAX) throw new Fault('bad_view', `a badge has 1 to ${VIEWS_MAX} views`);
  if (new Set(views.map(({ epoch, bits }) => `${epoch}/${bits}`)).size < views.length) {
    throw new Fault('bad_view', 'two views have the same epoch and width');
  }
  return views;
}
