import { Command, CommanderError } from 'commander';
import { backupCommand } from './backup.ts';
import { badgeCommands } from './badges.ts';
import { demoCommand } from './demo.ts';
import { deviceCommands } from './devices.ts';
import { doorCommands } from './doors.ts';
import type { Environment } from './environment.ts';
import { eraseCommand } from './erase.ts';
import { exportCommand } from './export.ts';
import { familyCommands } from './families.ts';
import { guestCommands } from './guests.ts';
import { holidayCommands } from './holidays.ts';
import { importCommand } from './import.ts';
import { initCommand } from './init.ts';
import { logCommand } from './log.ts';
import { memberCommands } from './members.ts';
import { noteCommands } from './notes.ts';
import { EXIT_DONE, EXIT_FAILED, EXIT_USAGE, printError } from './output.ts';
import { pinsCommands } from './pins.ts';
import { planCommands } from './plans.ts';
import { reloadCommand } from './reload.ts';
import { repairCommand } from './repair.ts';
import { restoreCommand } from './restore.ts';
import { runCommand } from './run.ts';
import { scheduleCommands } from './schedules.ts';
import { statusCommand } from './status.ts';
import { verifyCommand } from './verify.ts';
import { whyCommand } from './why.ts';
import { zoneCommand } from './zone.ts';

const ABOUT = `A door decides by itself who may use it.

The commands below talk to the running node of a space; where none runs, they open its store themselves.
The space is the folder named by --folder, by BLOCKMESH_FOLDER, /var/lib/blockmesh, or the demo of this checkout.`;

const EXIT_CODES = `
Exit codes:
  0  done
  1  refused or failed; standard error says why, with a code
  2  wrong usage
  3  verify found something; repair could not save every block
  4  badge test: the door denied the badge`;

/** @returns the exit code. */
export async function runCommandLine(argv: readonly string[], environment: Environment): Promise<number> {
  const program = new Command('blockmesh')
    .version(environment.version)
    .description(ABOUT)
    .addHelpText('after', EXIT_CODES)
    .showHelpAfterError('(--help shows what is expected, with examples)')
    .exitOverride();
  let exitCode = EXIT_DONE;
  const setExitCode = (code: number) => {
    exitCode = code;
  };
  initCommand(program, environment);
  runCommand(program, environment);
  reloadCommand(program, environment);
  statusCommand(program, environment);
  memberCommands(program, environment);
  planCommands(program, environment);
  familyCommands(program, environment);
  guestCommands(program, environment);
  noteCommands(program, environment);
  badgeCommands(program, environment, setExitCode);
  doorCommands(program, environment);
  deviceCommands(program, environment);
  scheduleCommands(program, environment);
  holidayCommands(program, environment);
  zoneCommand(program, environment);
  whyCommand(program, environment);
  logCommand(program, environment);
  verifyCommand(program, environment, setExitCode);
  repairCommand(program, environment, setExitCode);
  backupCommand(program, environment);
  restoreCommand(program, environment);
  exportCommand(program, environment);
  importCommand(program, environment);
  eraseCommand(program, environment);
  pinsCommands(program, environment);
  demoCommand(program, environment);
  try {
    await program.parseAsync(argv);
  } catch (error) {
    // Commander has said what is wrong with the usage already; --help and --version end here too.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_DONE : EXIT_USAGE;
    printError(error, argv.includes('--json'));
    return EXIT_FAILED;
  }
  return exitCode;
}
