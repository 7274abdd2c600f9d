import { asObject, text } from '../sdk/fields.ts';
import type { Json, JsonObject } from '../sdk/json.ts';
import type { State } from '../sdk/state.ts';
import { asHeld, parseViews } from './held.ts';
import { badgeKey, blockedKey, heldKey } from './keys.ts';
import { memberOf } from './members.ts';

/** 16 epochs of badge keys at three widths. */
const HOLDER_VIEWS_MAX = 48;
/** Each view takes two reads at once, and 64 calls may wait for the node. */
const TOGETHER_MAX = 24;

/**
 * Query `holder {views}`: whose card this is, by any of 1 to 48 views, as `{holders: [{member, name, badge, label,
 * lost}], blocked}`. `blocked`: it was marked lost and is nobody's now. More than one holder: cards that share their
 * low bits. Codes: bad_view, bad_field.
 */
export async function findHolder(params: JsonObject, state: State): Promise<Json> {
  const views = parseViews(params, 'views', HOLDER_VIEWS_MAX);
  const owners = new Map<string, { readonly member: string; readonly badge: string }>();
  let blocked = false;
  for (let from = 0; from < views.length; from += TOGETHER_MAX) {
    const some = views.slice(from, from + TOGETHER_MAX);
    const [records, blocks] = await Promise.all([
      Promise.all(some.map((view) => state.read(badgeKey(view)))),
      Promise.all(some.map((view) => state.read(blockedKey(view)))),
    ]);
    blocked ||= blocks.some((block) => block !== null);
    for (const record of records) {
      if (record === null) continue;
      const owner = asObject(record, 'a badge record');
      const [member, badge] = [text(owner, 'member'), text(owner, 'badge')];
      owners.set(heldKey(member, badge), { member, badge });
    }
  }
  const holders = await Promise.all([...owners.values()].map((owner) => describe(state, owner)));
  return { holders, blocked };
}

async function describe(
  state: State,
  { member, badge }: { readonly member: string; readonly badge: string },
): Promise<Json> {
  const [record, held] = await Promise.all([memberOf(state, member), state.read(heldKey(member, badge))]);
  const { label, lost } = asHeld(held);
  return { member, name: record.name, badge, label, lost: lost !== null };
}
