import { CodedError } from '../../base/errors.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { idText, parseIdText } from '../../format/ids.ts';
import { eraseAbout } from './erase-about.ts';
import type { OperationContext, Operations } from './operation.ts';
import { textOf } from './params.ts';
import { MEMBERSHIP, newId, order, personNamed } from './people.ts';
import { coveredBy, withoutPlan } from './without-plan.ts';

export const MEMBER_OPERATIONS: Operations = Object.freeze({
  'member.add': addMember,
  'member.list': ({ space }, params) => space.query(MEMBERSHIP, 'members', params),
  'member.show': ({ space }, params) => personNamed(space, textOf(params, 'member')),
  'member.edit': editMember,
  'member.suspend': suspendMember,
  'member.resume': resumeMember,
  'member.forget': forgetMember,
});

/** `{name, groups?, roles?, family?, permanent?, email?}` → also whether they are without any plan, as `withoutPlan` tells. */
async function addMember({ space, randomness }: OperationContext, params: JsonObject): Promise<Json> {
  const member = newId('m', randomness);
  const name = textOf(params, 'name');
  const result = await order(space, 'member.add', { ...params, member, name }, { member, name });
  return { ...result, ...(await withoutPlan(space, [member])) };
}

/**
 * `{member, name?, groups?, roles?, family?, permanent?, email?}`; `member` is a name or an id. → also `permanent {before,
 * after}`, and whom it leaves without any plan, as `withoutPlan` tells.
 */
async function editMember({ space }: OperationContext, params: JsonObject): Promise<Json> {
  const { member, permanent: before } = await personNamed(space, textOf(params, 'member'));
  const result = await order(space, 'member.edit', { ...params, member }, { member });
  const { permanent: after } = await personNamed(space, member);
  return { ...result, permanent: { before, after }, ...(await withoutPlan(space, coveredBy(space, member))) };
}

async function suspendMember({ space }: OperationContext, params: JsonObject): Promise<Json> {
  const { member, name } = await personNamed(space, textOf(params, 'member'));
  const reason = textOf(params, 'reason');
  return await order(space, 'member.suspend', { member, reason }, { member, name, reason });
}

/** Lifts every suspension that stands now, each by its own entry: one that arrives meanwhile stands. */
async function resumeMember({ space }: OperationContext, params: JsonObject): Promise<Json> {
  const { member, name, denials } = await personNamed(space, textOf(params, 'member'));
  if (denials.length === 0) {
    throw new CodedError('not_suspended', `${name} is not suspended`, {
      fields: { member },
      advice: '`blockmesh why` tells what keeps a door shut for somebody.',
    });
  }
  const lifted: Json[] = [];
  for (const { block, index, reason, since } of denials) {
    const done = await space.command(MEMBERSHIP, 'member.resume', { member }, { block: parseIdText(block), index });
    lifted.push({ reason, since, denial: { block, index }, block: idText(done.block) });
  }
  return { member, name, lifted };
}

/** Takes all about a member out of the state, and then out of the ledger. */
async function forgetMember(context: OperationContext, params: JsonObject): Promise<Json> {
  const { space } = context;
  const { member, name } = await personNamed(space, textOf(params, 'member'));
  const { block } = await space.command(MEMBERSHIP, 'member.forget', { member });
  const about = await eraseAbout(context, member, (kind) => kind !== 'member.forget');
  return { member, name, block: idText(block), ...about };
}
