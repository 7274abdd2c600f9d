import { Fault } from '../sdk/fault.ts';
import type { Row, State } from '../sdk/state.ts';
import { goneKey, memberKey, nameKey } from './keys.ts';
import type { Member } from './members.ts';
import { foldName } from './names.ts';

/** The rows of somebody who was not there before. */
export function newPerson(member: string, record: Member): readonly Row[] {
  return [
    { key: memberKey(member), value: record },
    { key: nameKey(foldName(record.name)), value: member },
  ];
}

/** @throws Fault member_gone, member_exists, name_taken, in this order. */
export async function refuseTaken(state: State, member: string, name: string): Promise<void> {
  const [gone, known, holder] = await Promise.all([
    state.read(goneKey(member)),
    state.read(memberKey(member)),
    state.read(nameKey(foldName(name))),
  ]);
  if (gone !== null) throw new Fault('member_gone', `${member} was somebody's id, and ids are not used again`);
  if (known !== null) throw new Fault('member_exists', `there is a member ${member} already`);
  if (holder !== null) throw new Fault('name_taken', `the name ${name} belongs to member ${String(holder)}`);
}
