import { type Command, InvalidArgumentError } from 'commander';
import { CodedError } from '../base/errors.ts';
import { demoFolder, type Environment } from './environment.ts';
import type { Session } from './session.ts';

/** Options that every command takes. */
export interface CommonOptions {
  readonly folder: string;
  readonly json?: boolean;
}

/** Adds `--folder` and `--json`, and the examples to the help. */
export function common(command: Command, environment: Environment, examples: readonly string[]): Command {
  command
    .option('--folder <path>', 'the folder of the space', environment.folder)
    .option('--json', 'print JSON: one value, or one a line');
  return withExamples(command, examples);
}

/** Adds examples to the help; each without the name of the program. */
export function withExamples(command: Command, examples: readonly string[]): Command {
  return command.addHelpText(
    'after',
    `\nExamples:\n${examples.map((example) => `  $ blockmesh ${example}`).join('\n')}`,
  );
}

/**
 * A new space is never put by itself where `make run` keeps its demo, which `make clean` takes away.
 * @throws folder_needed.
 */
export function requireFolderSaid(command: Command, environment: Environment): void {
  if (command.getOptionValueSource('folder') !== 'default') return;
  if (environment.folder !== demoFolder(environment.release)) return;
  throw new CodedError('folder_needed', `${command.name()}: where the space is to be has not been said`, {
    advice: 'Name its folder: --folder /var/lib/blockmesh, or set BLOCKMESH_FOLDER.',
  });
}

/** An option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** An argument that is a whole number; anything else is wrong usage. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/**
 * Opens the space, runs `task`, and closes it whatever happens.
 * @param isUnchecked whether a damaged store is opened all the same, to look at the damage.
 */
export async function withSession<T>(
  options: CommonOptions,
  environment: Environment,
  task: (session: Session) => Promise<T>,
  isUnchecked = false,
): Promise<T> {
  // Not all commands need one, and it takes the whole node along.
  const { openSession } = await import('./session.ts');
  const session = await openSession(options.folder, environment, isUnchecked);
  try {
    return await task(session);
  } finally {
    await session.close();
  }
}
