import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Results } from '../../node/results.ts';
import { anySeed } from '../../node/seeded.ts';
import { wholeSetting } from '../../node/settings.ts';
import { type Trial, type TrialKind, trial } from './crash-trial.ts';
import { type RestoreTrial, type RestoreTrialKind, restoreTrial } from './restore-trial.ts';

/**
 * `make chunks-crash`: chunk stores that are killed, raced for, and run into a full disk, and restores that are, until there
 * were N trials. Each that has passed is a line of the results file; one that was stopped counts for nothing and is run again.
 */

const KINDS: readonly (TrialKind | RestoreTrialKind)[] = [
  ...(['kill', 'race', 'restore-kill', 'full'] as const),
  ...(['kill', 'race', 'restore-kill', 'restore-full'] as const),
];
/** What a trial tries: results of other sources are of another file. */
const SOURCES = ['src/store/chunks', 'src/chunks', 'src/trees', 'test/store/chunks'];
const TRIALS_MAX = 100_000;
const SEED_MAX = 2 ** 31;
const CUT_IN = ['put', 'remove', 'collect', 'scrub', 'read', 'restore'];
const REFUSED = ['chunks_full', 'tree_not_written'];
const TOP = join(import.meta.dirname, '../../..');

function countsOf(names: readonly string[]): string {
  return [...new Set(names)]
    .sort()
    .map((name) => `${name} ${names.filter((one) => one === name).length}`)
    .join(', ');
}

function one(kind: TrialKind | RestoreTrialKind, seed: number): Promise<Trial | RestoreTrial> {
  return kind === 'restore-kill' || kind === 'restore-full' ? restoreTrial(kind, seed) : trial(kind, seed);
}

function sourcesHash(): string {
  const hash = createHash('sha256');
  for (const folder of SOURCES) {
    const names = readdirSync(join(TOP, folder), { recursive: true, encoding: 'utf8' }).sort();
    for (const name of names.filter((each) => /\.(?:ts|c|h)$/.test(each))) {
      hash.update(`\0${name}\0`).update(readFileSync(join(TOP, folder, name)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

async function main(): Promise<void> {
  const total = wholeSetting('N', 200, TRIALS_MAX);
  const seed = wholeSetting('SEED', anySeed(), SEED_MAX);
  const results = new Results<Trial | RestoreTrial>(join(TOP, 'build/chunks-crash', `${sourcesHash()}.jsonl`));
  console.log(`SEED=${seed}: ${results.all().length} of ${total} trials were made before`);
  for (let done = results.all().length; done < total; done += 1) {
    const kind = KINDS[done % KINDS.length] ?? 'kill';
    const made = await one(kind, (seed + done) % SEED_MAX);
    results.add(made);
    console.log(`${done + 1} of ${total}: ${kind}, seed ${made.seed}, cut in ${[...made.cut, ...made.refused].join()}`);
  }
  const all = results.all();
  const kinds = all.map(({ kind }) => kind);
  const cut = all.filter(({ kind }) => kind !== 'full').flatMap((line) => line.cut);
  const refused = all.flatMap((line) => line.refused);
  console.log(`trials: ${countsOf(kinds)}\nkilled in: ${countsOf(cut)}\nrefused: ${countsOf(refused)}`);
  const missing = [
    ...KINDS.filter((kind) => !kinds.includes(kind)),
    ...CUT_IN.filter((name) => !cut.includes(name)),
    ...REFUSED.filter((code) => !refused.includes(code)),
  ];
  if (missing.length > 0) throw new Error(`never seen: ${[...new Set(missing)].join(', ')}; more trials are needed`);
  console.log(`nothing acknowledged was lost; kept in ${results.path}`);
}

await main();
