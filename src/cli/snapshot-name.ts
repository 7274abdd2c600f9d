import type { Command } from 'commander';
import type { Root } from '../chunks/ports.ts';
import { checkName } from '../node/large/find-large.ts';
import { nameTaken, setName } from '../node/large/set-name.ts';
import type { Chunks } from '../store/chunks/store.ts';
import { utcText } from './clock.ts';
import { FORCE_COPIES, type LargeOptions, type LargeTask } from './large.ts';
import { plain } from './output.ts';

export interface NameOptions extends LargeOptions {
  readonly name?: string;
  readonly replace?: boolean;
  readonly force?: boolean;
}

/** @param without what it is called when nobody says so. */
export function nameOptions(command: Command, without: string): Command {
  return command
    .option('--name <name>', `its name here; without one ${without} and the time`)
    .option('--replace', 'let the name stand for this from now on, whatever it stood for')
    .option('--force', `with --replace: ${FORCE_COPIES}`);
}

/**
 * The name of a snapshot that is to be made. What a tree is turns out when all of it has been read, so one that is taken
 * is refused before.
 * @returns what sets it. @throws bad_name, name_taken.
 */
export async function nameFor(
  task: LargeTask,
  options: NameOptions,
  from: string,
): Promise<{ readonly name: string; readonly set: (digest: Uint8Array, note: string) => void }> {
  const { store } = task;
  if (options.name !== undefined) checkName(options.name);
  const name = options.name ?? freeName(store, `${plain(from)} ${utcText(Date.now())}`);
  const before = store.roots.find('snapshot', name);
  if (before !== null && options.replace !== true) throw nameTaken(before);
  const least = before === null ? null : await task.leastCopies(options);
  const set = (digest: Uint8Array, note: string) => {
    const root: Root = { kind: 'snapshot', name, target: { kind: 'snapshot', digest }, addedMs: Date.now(), note };
    setName(store, root, least);
  };
  return { name, set };
}

/** Two of one second. */
function freeName({ roots }: Chunks, wanted: string): string {
  let name = wanted;
  for (let count = 2; roots.find('snapshot', name) !== null; count += 1) name = `${wanted} (${count})`;
  return name;
}
