import { Command, CommanderError } from 'commander';
import { commandsFor } from './commands.ts';
import type { Environment } from './environment.ts';
import { EXIT_DONE, EXIT_FAILED, EXIT_USAGE, printError } from './output.ts';

const ABOUT = `A door decides by itself who may use it.

The commands below talk to the running node of a space; where none runs, they open its store themselves.
The space is the folder named by --folder, by BLOCKMESH_FOLDER, /var/lib/blockmesh, or the demo of this checkout.`;

const EXIT_CODES = `
Exit codes:
  0  done
  1  refused or failed; standard error says why, with a code
  2  wrong usage
  3  verify found something; repair could not save every block
  4  badge test: the door denied the badge
  5  health: the node runs, and something it has to do it cannot`;

/** @returns the exit code. */
export async function runCommandLine(argv: readonly string[], environment: Environment): Promise<number> {
  const program = new Command('blockmesh')
    .version(environment.version)
    .description(ABOUT)
    .addHelpText('after', EXIT_CODES)
    .showHelpAfterError('(--help shows what is expected, with examples)')
    // What stands after a command is for that command: some share names of options with those below them.
    .enablePositionalOptions()
    .exitOverride();
  let exitCode = EXIT_DONE;
  const setExitCode = (code: number) => {
    exitCode = code;
  };
  for (const add of await commandsFor(argv[2])) add(program, environment, setExitCode);
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
