import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { RELEASE } from '../machine/release.ts';
import { releaseFiles } from '../powercut/images.ts';
import { Results } from './results.ts';
import { anySeed } from './seeded.ts';
import { wholeSetting } from './settings.ts';

/**
 * `make kills`: storms of `kill -9`, each on a space of its own, until there were N kills of this tree. Each storm
 * that has passed is a line of the results file; one that was stopped counts for nothing and is run again.
 */

const FIGURES = join(RELEASE, `build/kills-${process.pid}.json`);
const KILLS_A_STORM_MAX = 25;
const KILLS_MAX = 100_000;
/** Run by itself, tap ends a file after 30 s. */
const STORM_S_MAX = 3_600;
const SEED_MAX = 2 ** 31;
const KEY_CHARS = 12;

/** What a storm has made of its space. */
interface Figures {
  readonly kills: number;
  readonly facts: number;
  readonly commands: number;
  readonly pulses: number;
  readonly recovered: number;
  readonly interrupted: number;
}

/** A line of the results file. */
interface Line extends Figures {
  readonly at: string;
  /** Names the sources: kills of others do not count. */
  readonly tree: string;
}

function treeKey(): string {
  const hash = createHash('sha256');
  for (const path of releaseFiles()) hash.update(`\0${path}\0`).update(readFileSync(join(RELEASE, path)));
  return hash.digest('hex').slice(0, KEY_CHARS);
}

function sum(lines: readonly Line[], of: (line: Line) => number): number {
  return lines.reduce((total, line) => total + of(line), 0);
}

function summary(lines: readonly Line[]): string {
  const of = (name: keyof Figures) => sum(lines, (line) => Number(line[name]));
  return (
    `${of('kills')} kills in ${lines.length} storms, nothing lost or told twice: ${of('facts')} facts and ` +
    `${of('commands')} commands acknowledged, ${of('pulses')} pulses, ${of('recovered')} of them recovered and ` +
    `${of('interrupted')} interrupted`
  );
}

/** @throws when the storm fails; it has said why on standard output. */
function storm(kills: number, seed: number): Figures {
  const figures = { KILLS: String(kills), SEED: String(seed), KILLS_FIGURES: FIGURES };
  const env = { ...process.env, ...figures, TAP_TIMEOUT: String(STORM_S_MAX) };
  try {
    execFileSync(process.execPath, [join(import.meta.dirname, 'storm.test.ts')], {
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    return JSON.parse(readFileSync(FIGURES, 'utf8')) as Figures;
  } finally {
    rmSync(FIGURES, { force: true });
  }
}

function main(): void {
  const total = wholeSetting('N', 200, KILLS_MAX);
  const seed = wholeSetting('SEED', anySeed(), SEED_MAX);
  const tree = treeKey();
  const results = new Results<Line>(join(RELEASE, 'build/kills.jsonl'));
  const made = () => results.all().filter((line) => line.tree === tree);
  const kills = () => sum(made(), (line) => line.kills);
  console.log(`tree ${tree}, SEED=${seed}: ${kills()} of ${total} kills were made before`);
  for (let done = kills(); done < total; done = kills()) {
    const figures = storm(Math.min(KILLS_A_STORM_MAX, total - done), (seed + done) % SEED_MAX);
    results.add({ at: new Date().toISOString(), tree, ...figures });
    console.log(`${done + figures.kills} of ${total} kills`);
  }
  console.log(`${summary(made())}\nkept in ${results.path}`);
}

main();
