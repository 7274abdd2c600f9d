import type { ContractDefinition } from '../sdk/contract.ts';
import { addDoor, setSchedule } from './commands.ts';
import { recordDenied, recordGranted } from './facts.ts';
import type { KINDS } from './identity.ts';
import { NAME, VERSION } from './identity.ts';
import { answerDecide, answerDoor, answerDoors } from './queries.ts';

/** The contract of this dapp, for whoever asks it: its process, or a test in its own. */
export const DOOR: ContractDefinition = {
  name: NAME,
  version: VERSION,
  kinds: {
    'door.add': addDoor,
    'schedule.set': setSchedule,
    granted: recordGranted,
    denied: recordDenied,
  } satisfies Record<(typeof KINDS)[number], unknown>,
  queries: { doors: answerDoors, door: answerDoor, decide: answerDecide },
};
