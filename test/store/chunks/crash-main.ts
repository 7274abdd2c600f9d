import { join } from 'node:path';
import { Results } from '../../node/results.ts';
import { anySeed } from '../../node/seeded.ts';
import { wholeSetting } from '../../node/settings.ts';
import { type Trial, type TrialKind, trial } from './crash-trial.ts';

/**
 * `make chunks-crash`: chunk stores that are killed, raced for, and run into a full disk, until there were N trials. Each
 * that has passed is a line of the results file; one that was stopped counts for nothing and is run again.
 */

const KINDS: readonly TrialKind[] = ['kill', 'race', 'kill', 'full'];
const TRIALS_MAX = 100_000;
const SEED_MAX = 2 ** 31;
const CUT_IN = ['put', 'remove', 'collect', 'scrub', 'read'];

function countsOf(names: readonly string[]): string {
  return [...new Set(names)]
    .sort()
    .map((name) => `${name} ${names.filter((one) => one === name).length}`)
    .join(', ');
}

async function main(): Promise<void> {
  const total = wholeSetting('N', 200, TRIALS_MAX);
  const seed = wholeSetting('SEED', anySeed(), SEED_MAX);
  const results = new Results<Trial>(join(import.meta.dirname, '../../../build/chunks-crash.jsonl'));
  console.log(`SEED=${seed}: ${results.all().length} of ${total} trials were made before`);
  for (let done = results.all().length; done < total; done += 1) {
    const kind = KINDS[done % KINDS.length] ?? 'kill';
    const made = await trial(kind, (seed + done) % SEED_MAX);
    results.add(made);
    console.log(`${done + 1} of ${total}: ${kind}, seed ${made.seed}, cut in ${made.cut.join()}`);
  }
  const all = results.all();
  const kinds = all.map(({ kind }) => kind);
  const cut = all.filter(({ kind }) => kind !== 'full').flatMap((line) => line.cut);
  const refused = all.flatMap((line) => line.refused);
  console.log(`trials: ${countsOf(kinds)}\nkilled in: ${countsOf(cut)}\nrefused: ${countsOf(refused)}`);
  const missing = [
    ...KINDS.filter((kind) => !kinds.includes(kind)),
    ...CUT_IN.filter((name) => !cut.includes(name)),
    ...['chunks_full'].filter((code) => !refused.includes(code)),
  ];
  if (missing.length > 0) throw new Error(`never seen: ${[...new Set(missing)].join(', ')}; more trials are needed`);
  console.log(`nothing acknowledged was lost; kept in ${results.path}`);
}

await main();
