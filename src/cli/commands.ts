import type { Command } from 'commander';
import type { Environment } from './environment.ts';

/** Adds a command, or a family of them, to `program`. */
type AddCommand = (program: Command, environment: Environment, setExitCode: (code: number) => void) => void;

/** What loads each, in the order in which the help lists them. */
const COMMANDS: Readonly<Record<string, () => Promise<AddCommand>>> = {
  init: async () => (await import('./init.ts')).initCommand,
  run: async () => (await import('./run.ts')).runCommand,
  reload: async () => (await import('./reload.ts')).reloadCommand,
  status: async () => (await import('./status.ts')).statusCommand,
  health: async () => (await import('./health.ts')).healthCommand,
  member: async () => (await import('./members.ts')).memberCommands,
  plan: async () => (await import('./plans.ts')).planCommands,
  family: async () => (await import('./families.ts')).familyCommands,
  guest: async () => (await import('./guests.ts')).guestCommands,
  note: async () => (await import('./notes.ts')).noteCommands,
  badge: async () => (await import('./badges.ts')).badgeCommands,
  door: async () => (await import('./doors.ts')).doorCommands,
  device: async () => (await import('./devices.ts')).deviceCommands,
  schedule: async () => (await import('./schedules.ts')).scheduleCommands,
  holiday: async () => (await import('./holidays.ts')).holidayCommands,
  zone: async () => (await import('./zone.ts')).zoneCommand,
  why: async () => (await import('./why.ts')).whyCommand,
  log: async () => (await import('./log.ts')).logCommand,
  verify: async () => (await import('./verify.ts')).verifyCommand,
  repair: async () => (await import('./repair.ts')).repairCommand,
  backup: async () => (await import('./backup.ts')).backupCommand,
  restore: async () => (await import('./restore.ts')).restoreCommand,
  export: async () => (await import('./export.ts')).exportCommand,
  import: async () => (await import('./import.ts')).importCommand,
  erase: async () => (await import('./erase.ts')).eraseCommand,
  blob: async () => (await import('./blobs.ts')).blobCommands,
  snapshot: async () => (await import('./snapshots.ts')).snapshotCommands,
  store: async () => (await import('./chunk-store.ts')).storeCommands,
  pins: async () => (await import('./pins.ts')).pinsCommands,
  board: async () => (await import('./board.ts')).boardCommands,
  demo: async () => (await import('./demo.ts')).demoCommand,
};

/**
 * The commands that `word`, the first one of a command line, may mean: one is loaded alone, for all of them take longer
 * than most commands run, and a node that runs for months has no use for them.
 */
export async function commandsFor(word: string | undefined): Promise<readonly AddCommand[]> {
  const one = word !== undefined && Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined;
  return await Promise.all((one === undefined ? Object.values(COMMANDS) : [one]).map((load) => load()));
}
