import type { FoundEntry } from './found.ts';
import { isLinked, keyOf } from './linked.ts';

export type Run = readonly [FoundEntry, ...FoundEntry[]];

/**
 * Entries of a directory in their order, divided so that the files of a run can be asked for at once: a directory is a
 * run of its own, and the second name of a file comes in a later run than the first.
 */
export function* runsOf(entries: Iterable<FoundEntry>): Generator<Run> {
  let run: [FoundEntry, ...FoundEntry[]] | null = null;
  let keys = new Set<string>();
  for (const entry of entries) {
    const key = isLinked(entry) ? keyOf(entry) : null;
    if (entry.kind === 'directory' || (key !== null && keys.has(key))) {
      if (run !== null) yield run;
      run = null;
      keys = new Set();
    }
    if (entry.kind === 'directory') {
      yield [entry];
      continue;
    }
    if (run === null) run = [entry];
    else run.push(entry);
    if (key !== null) keys.add(key);
  }
  if (run !== null) yield run;
}
