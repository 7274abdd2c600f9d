import { constants, setPriority } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { CodedError } from '../base/errors.ts';
import { openOwnChunks, openSpaceChunks, type ProfilesForm } from '../node/large/open-large.ts';
import type { Chunks } from '../store/chunks/store.ts';
import { type CommonOptions, common, withSession } from './command.ts';
import type { Environment } from './environment.ts';

/** Options of every command that works on large things. */
export interface LargeOptions extends CommonOptions {
  readonly store?: string;
}

/** Of a command that lets go of names. */
export interface RemoveOptions extends LargeOptions {
  readonly dryRun?: boolean;
  readonly force?: boolean;
}

/** What `--force` means to whatever lets go of a name. */
export const FORCE_COPIES = 'let go of it even where fewer other boards hold it than `blockmesh store copies` asks for';

/** Adds `--store`, and what every command has. */
export function large(command: Command, environment: Environment, examples: readonly string[]): Command {
  command.option('--store <file>', 'a chunk store of its own, such as on a stick, in place of that of the space');
  return common(command, environment, examples);
}

export interface LargeTask {
  readonly store: Chunks;
  /** Fires at Ctrl-C, or when this process is told to end. */
  readonly signal: AbortSignal;
  /**
   * On how many other boards a thing has to lie before it is let go here: what the ledger says, asked anew each time; 0
   * by force, and of a store apart, for which there is no such rule. @throws as `withSession`.
   */
  readonly leastCopies: (asked: { readonly force?: boolean }) => Promise<number>;
}

/**
 * Opens the store, runs `task` behind everything else that this machine does, and closes it whatever happens. The node of
 * the space has no part in it, but for saying once how its mesh cuts.
 * @throws interrupted.
 */
export async function withLarge<T>(
  options: LargeOptions,
  environment: Environment,
  task: (task: LargeTask) => Promise<T>,
): Promise<T> {
  setPriority(constants.priority.PRIORITY_LOW);
  const store = await open(options, environment);
  const stop = new AbortController();
  const onSignal = () => stop.abort(interrupted());
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, onSignal);
  try {
    const leastCopies = (asked: { readonly force?: boolean }) => leastOf(options, environment, asked.force === true);
    return await task({ store, signal: stop.signal, leastCopies });
  } catch (error) {
    // Whatever was cut in the midst tells of it in its own words.
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.removeListener(name, onSignal);
    store.close();
  }
}

function open(options: LargeOptions, environment: Environment): Promise<Chunks> | Chunks {
  if (options.store !== undefined) return openOwnChunks(resolve(options.store));
  const folder = resolve(options.folder);
  return openSpaceChunks(folder, async () => {
    const asked = withSession({ ...options, folder }, environment, (session) => session.call('large.profiles', {}));
    return (await asked) as ProfilesForm;
  });
}

async function leastOf(options: LargeOptions, environment: Environment, isForced: boolean): Promise<number> {
  if (options.store !== undefined || isForced) return 0;
  const folder = resolve(options.folder);
  const asked = withSession({ ...options, folder }, environment, (session) => session.call('copies.show', {}));
  return ((await asked) as { readonly least: number }).least;
}

function interrupted(): CodedError {
  return new CodedError('interrupted', 'stopped before the end, as it was told', {
    advice: 'Run the same again: it goes on with what has been stored by now.',
  });
}
