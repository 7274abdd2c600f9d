import { type Command, InvalidArgumentError } from 'commander';
import type { Environment } from './environment.ts';
import { openSession, type Session } from './session.ts';

/** Options that every command takes. */
export interface CommonOptions {
  readonly folder: string;
  readonly json?: boolean;
}

/** Adds `--folder` and `--json`, and the examples to the help. */
export function common(command: Command, environment: Environment, examples: readonly string[]): Command {
  return command
    .option('--folder <path>', 'the folder of the space', environment.folder)
    .option('--json', 'print JSON: one value, or one a line')
    .addHelpText('after', `\nExamples:\n${examples.map((example) => `  $ blockmesh ${example}`).join('\n')}`);
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
  const session = await openSession(options.folder, environment, isUnchecked);
  try {
    return await task(session);
  } finally {
    await session.close();
  }
}
