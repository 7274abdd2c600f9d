import { serveContract } from '../sdk/contract.ts';
import { addMember, enrolBadge } from './commands.ts';
import { findMember, listMembers } from './queries.ts';

serveContract({
  name: 'membership',
  version: '0.1.0',
  kinds: { 'member.add': addMember, 'badge.enrol': enrolBadge },
  queries: { members: listMembers, member: findMember },
});
