import { toHex } from '../../base/bytes.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { parseCredential } from '../../devices/credential.ts';
import { idText } from '../../format/ids.ts';
import { hashedViews } from '../readers.ts';
import type { OperationContext, Operations } from './operation.ts';
import { textOf } from './params.ts';

const MEMBER_ID_BYTES = 4;

export const MEMBER_OPERATIONS: Operations = Object.freeze({
  'member.add': addMember,
  'member.list': (context, params) => context.space.query('membership', 'members', params),
  'badge.enrol': enrolBadge,
});

async function addMember({ space, randomness }: OperationContext, params: JsonObject): Promise<Json> {
  const member = `m-${toHex(randomness.bytes(MEMBER_ID_BYTES))}`;
  const name = textOf(params, 'name');
  const { block } = await space.command('membership', 'member.add', { member, name });
  return { member, name, block: idText(block) };
}

/** The number as printed on the card goes no further than this function: the ledger gets keyed hashes. */
async function enrolBadge({ space, randomness }: OperationContext, params: JsonObject): Promise<Json> {
  const found = await space.query('membership', 'member', memberParams(textOf(params, 'member')));
  const member = isJsonObject(found) ? String(found.member) : '';
  const name = isJsonObject(found) ? String(found.name) : '';
  const credential = parseCredential(textOf(params, 'number'));
  const views = hashedViews(credential, space.badgeKeys.slice(0, 1));
  const badge = `b-${toHex(randomness.bytes(MEMBER_ID_BYTES))}`;
  const label = params.label === undefined ? 'card' : textOf(params, 'label');
  const body = { member, badge, family: credential.family, label, views };
  const { block } = await space.command('membership', 'badge.enrol', body);
  return { member, name, badge, bits: views.map((view) => view.bits), block: idText(block) };
}

/** A member is named by id (`m-…`) or by name. */
function memberParams(text: string): JsonObject {
  return /^m-[0-9a-f]{8}$/.test(text) ? { member: text } : { name: text };
}
