import type { Call, Outcome } from '../sdk/contract.ts';
import { Fault } from '../sdk/fault.ts';
import { asObject, id, integer, text } from '../sdk/fields.ts';
import type { State } from '../sdk/state.ts';
import { denialKey } from './keys.ts';
import { memberOf } from './members.ts';
import { cleanReason } from './names.ts';

/** An entry, as `re` names it. */
interface EntryRef {
  readonly block: string;
  readonly index: number;
}

/** The entry that a lift lifts. @throws Fault no_such_denial when it names none. */
export function refOf({ re }: Call): EntryRef {
  if (re === null) throw new Fault('no_such_denial', 'a lift names the entry it lifts, and this one names none');
  const from = asObject(re, 're');
  return { block: id(from, 'block'), index: integer(from, 'index', 0, Number.MAX_SAFE_INTEGER) };
}

/** @throws Fault no_such_denial unless `ref` names the very entry that `standing` came from. */
export function refuseOtherLift(ref: EntryRef, standing: EntryRef | null): void {
  if (standing === null || standing.block !== ref.block || standing.index !== ref.index) {
    throw new Fault('no_such_denial', 'no denial of that entry stands here');
  }
}

/**
 * Command `member.suspend {member, reason}`, a denial: an object of its own for each, so that lifting one never lifts
 * another. Codes: no_such_member, bad_id, bad_reason.
 */
export async function suspendMember({ body, block, index, at }: Call, state: State): Promise<Outcome> {
  const member = id(body, 'member');
  const reason = cleanReason(text(body, 'reason'));
  await memberOf(state, member);
  return { writes: [{ key: denialKey(member, `${block}.${index}`), value: { reason, since: at.ms } }] };
}

/** Command `member.resume {member}`: lifts the one suspension that `re` names. Codes: no_such_denial, bad_id. */
export async function resumeMember(call: Call, state: State): Promise<Outcome> {
  const member = id(call.body, 'member');
  const { block, index } = refOf(call);
  const key = denialKey(member, `${block}.${index}`);
  if ((await state.read(key)) === null) {
    throw new Fault('no_such_denial', `no suspension of ${member} by that entry stands`);
  }
  return { writes: [{ key, value: null }] };
}
