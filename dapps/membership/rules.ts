import type { ContractDefinition } from '../sdk/contract.ts';
import { addMember, enrolBadge } from './commands.ts';
import { findMember, listMembers } from './queries.ts';

/** The contract of this dapp, for whoever asks it: its process, or a test in its own. */
export const MEMBERSHIP: ContractDefinition = {
  name: 'membership',
  version: '0.1.0',
  kinds: { 'member.add': addMember, 'badge.enrol': enrolBadge },
  queries: { members: listMembers, member: findMember },
};
