import { Fault } from '../sdk/fault.ts';
import { asObject, integer, list, text } from '../sdk/fields.ts';
import type { Json, JsonObject } from '../sdk/json.ts';

/**
 * One way a reader saw a card: the keyed hash of its low `bits` bits under the badge key `epoch` (dapp membership).
 * A PIN comes in the same form, hashed together with the view of the card it was typed after.
 */
export interface View {
  readonly epoch: string;
  readonly bits: number;
  readonly hash: string;
}

/** 16 epochs of badge keys at three widths. */
const VIEWS_MAX = 48;
/** A card that is kept has one epoch at three widths. */
const KEPT_VIEWS_MAX = 3;
const EPOCH = /^[A-Za-z0-9_-]{1,64}$/;
const HASH = /^[0-9a-f]{64}$/;

function parseView(value: Json): View {
  const view = asObject(value, 'a view');
  return {
    epoch: text(view, 'epoch'),
    bits: integer(view, 'bits', 1, Number.MAX_SAFE_INTEGER),
    hash: text(view, 'hash'),
  };
}

/** A list of views, in the node's order: newest badge key first. @throws Fault too_many_views, bad_field */
export function parseViewList(from: JsonObject, name: string): readonly View[] {
  const views = list(from, name);
  if (views.length > VIEWS_MAX) throw new Fault('too_many_views', `${name} holds at most ${VIEWS_MAX} views`);
  return views.map(parseView);
}

/**
 * The views of a card that is to be kept. One card has one value at each width, so two views of one width and epoch
 * are two cards. @throws Fault bad_view, bad_field
 */
export function parseKeptViews(from: JsonObject): readonly View[] {
  const views = list(from, 'views').map(parseView);
  if (views.length < 1 || views.length > KEPT_VIEWS_MAX) {
    throw new Fault('bad_view', `a card has 1 to ${KEPT_VIEWS_MAX} views`);
  }
  for (const { epoch, hash } of views) {
    if (!EPOCH.test(epoch)) throw new Fault('bad_view', 'an epoch is 1 to 64 of A-Z a-z 0-9 _ -');
    if (!HASH.test(hash)) throw new Fault('bad_view', 'a hash is 64 lower-case hex digits');
  }
  if (new Set(views.map(({ epoch, bits }) => `${epoch}/${bits}`)).size < views.length) {
    throw new Fault('bad_view', 'two views have the same epoch and width');
  }
  return views;
}
