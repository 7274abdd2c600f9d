import type { ContractDefinition } from '../sdk/contract.ts';
import { clearAlarm } from './commands/alarms.ts';
import { removeHoliday, removeSchedule, setHoliday, setSchedule, setSpace } from './commands/calendar.ts';
import { addDoor, editDoor, removeDoor } from './commands/doors.ts';
import { addGlass, removeGlass } from './commands/glass.ts';
import { disableDoor, enableDoor, endLockdown, lockDown } from './commands/orders.ts';
import { recordAlarm, recordDenied, recordGranted, recordNothing } from './facts.ts';
import type { KINDS } from './identity.ts';
import { NAME, VERSION } from './identity.ts';
import { answerDecide, answerWhy } from './queries/decisions.ts';
import { answerDoor, answerDoors, answerGlass, answerHolidays, answerSchedules, answerSpace } from './queries/lists.ts';
import { answerOffsets } from './queries/offsets.ts';

/** The contract of this dapp, for whoever asks it: its process, or a test in its own. */
export const DOOR: ContractDefinition = {
  name: NAME,
  version: VERSION,
  kinds: {
    'door.add': addDoor,
    'door.edit': editDoor,
    'door.remove': removeDoor,
    'door.disable': disableDoor,
    'door.enable': enableDoor,
    lockdown: lockDown,
    'lockdown.end': endLockdown,
    'schedule.set': setSchedule,
    'schedule.remove': removeSchedule,
    'holiday.set': setHoliday,
    'holiday.remove': removeHoliday,
    'space.set': setSpace,
    'glass.add': addGlass,
    'glass.remove': removeGlass,
    'alarm.clear': clearAlarm,
    granted: recordGranted,
    denied: recordDenied,
    opened: recordNothing,
    kept: recordNothing,
    alarm: recordAlarm,
    alert: recordNothing,
    'found.open': recordNothing,
  } satisfies Record<(typeof KINDS)[number], unknown>,
  queries: {
    offsets: answerOffsets,
    doors: answerDoors,
    door: answerDoor,
    schedules: answerSchedules,
    holidays: answerHolidays,
    space: answerSpace,
    glass: answerGlass,
    decide: answerDecide,
    why: answerWhy,
  },
};
