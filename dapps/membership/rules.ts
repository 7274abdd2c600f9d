import type { ContractDefinition } from '../sdk/contract.ts';
import { enrolBadge, findBadge, loseBadge, removeBadge, setPin } from './badges.ts';
import { resumeMember, suspendMember } from './denials.ts';
import { removeFamily, setFamily } from './families.ts';
import { addGuest, endGuest } from './guests.ts';
import { findHolder } from './holder-query.ts';
import { findMember } from './member-query.ts';
import { addNote, eraseNote } from './notes.ts';
import { addMember, editMember, forgetMember } from './people.ts';
import { givePlan, setPlan, takePlan } from './plans.ts';
import { listFamilies, listMembers, listNotes, listPlans } from './queries.ts';

/** The contract of this dapp, for whoever asks it: its process, or a test in its own. */
export const MEMBERSHIP: ContractDefinition = {
  name: 'membership',
  version: '0.2.0',
  kinds: {
    'member.add': addMember,
    'member.edit': editMember,
    'member.forget': forgetMember,
    'member.suspend': suspendMember,
    'member.resume': resumeMember,
    'plan.set': setPlan,
    'plan.give': givePlan,
    'plan.take': takePlan,
    'badge.enrol': enrolBadge,
    'badge.lost': loseBadge,
    'badge.found': findBadge,
    'badge.remove': removeBadge,
    'pin.set': setPin,
    'guest.add': addGuest,
    'guest.end': endGuest,
    'family.set': setFamily,
    'family.remove': removeFamily,
    'note.add': addNote,
    'note.erase': eraseNote,
  },
  queries: {
    members: listMembers,
    member: findMember,
    plans: listPlans,
    families: listFamilies,
    notes: listNotes,
    holder: findHolder,
  },
};
