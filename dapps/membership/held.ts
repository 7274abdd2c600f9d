import { Fault } from '../sdk/fault.ts';
import { asObject, integer, list, object, text } from '../sdk/fields.ts';
import type { Json, JsonObject } from '../sdk/json.ts';
import type { Row } from '../sdk/state.ts';
import { VIEWS_MAX } from './caps.ts';
import type { View } from './keys.ts';
import { badgeKey, blockedKey, heldKey, lostKey } from './keys.ts';
import { MS_MAX } from './members.ts';

/** The entry by which a card was marked lost. Only a `badge.found` that names it ends that. */
export type Loss = { readonly block: string; readonly index: number; readonly since: number };

/** A badge of a member: what they call it, its views, what a PIN hashes to for each view (null: no PIN). */
export type Held = {
  readonly label: string;
  /** Family of the card, such as `em4100`. */
  readonly family: string;
  readonly views: readonly View[];
  readonly pin: readonly View[] | null;
  readonly lost: Loss | null;
};

const EPOCH = /^[A-Za-z0-9_-]{1,64}$/;
const HASH = /^[0-9a-f]{64}$/;
const VIEW_BITS_MIN = 24;
const VIEW_BITS_MAX = 128;

function parseView(value: Json): View {
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

/** What tells two views of one card apart. */
function widthOf({ epoch, bits }: View): string {
  return `${epoch}/${bits}`;
}

/** A list of 1 to `most` views. @throws Fault bad_view, bad_field */
export function parseViews(from: JsonObject, name: string, most: number): readonly View[] {
  const views = list(from, name).map(parseView);
  if (views.length < 1 || views.length > most) throw new Fault('bad_view', `there are 1 to ${most} views`);
  return views;
}

/**
 * The views of one card. One card has one value at each width, so two views of one width and epoch are two cards.
 * @throws Fault bad_view, bad_field
 */
export function parseCard(body: JsonObject): readonly View[] {
  const views = parseViews(body, 'views', VIEWS_MAX);
  if (new Set(views.map(widthOf)).size < views.length) {
    throw new Fault('bad_view', 'two views have the same epoch and width');
  }
  return views;
}

/**
 * The field `pins`: one hash for each of the badge's views, because a reader may see any of them; null takes the PIN
 * away. @throws Fault bad_pin, bad_view
 */
export function parsePins(body: JsonObject, views: readonly View[]): readonly View[] | null {
  if (body.pins === null) return null;
  const pins = parseViews(body, 'pins', VIEWS_MAX);
  const wanted = views.map(widthOf).sort().join(' ');
  if (pins.map(widthOf).sort().join(' ') !== wanted) {
    throw new Fault('bad_pin', 'a PIN is hashed once for each view of its badge');
  }
  return pins;
}

/** The record under `held/…`. @throws Fault bad_field */
export function asHeld(record: Json): Held {
  const from = asObject(record, 'a badge');
  return {
    label: text(from, 'label'),
    family: text(from, 'family'),
    views: list(from, 'views').map(parseView),
    pin: from.pin === null ? null : list(from, 'pin').map(parseView),
    lost: from.lost === null ? null : asLoss(object(from, 'lost')),
  };
}

/** @throws Fault bad_field */
export function asLoss(from: JsonObject): Loss {
  return {
    block: text(from, 'block'),
    index: integer(from, 'index', 0, Number.MAX_SAFE_INTEGER),
    since: integer(from, 'since', 0, MS_MAX),
  };
}

/** The rows that part a badge from its member. A lost card is blocked from then on: its loss was not undone. */
export function removal(member: string, badge: string, { views, lost }: Held): readonly Row[] {
  const gone: readonly Row[] = [
    { key: heldKey(member, badge), value: null },
    ...views.map((view) => ({ key: badgeKey(view), value: null })),
  ];
  if (lost === null) return gone;
  return [
    ...gone,
    { key: lostKey(member, badge), value: { ...lost, views } },
    ...views.map((view) => ({ key: blockedKey(view), value: { member, badge } })),
  ];
}
