import { createHash } from 'node:crypto';
import { appendFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { messageOf } from '../../../src/base/errors.ts';
import { Histories } from './history.ts';
import { Pair } from './pair.ts';
import { Tally } from './tally.ts';

interface RunOptions {
  readonly histories: number;
  /** Histories played and noted at once. */
  readonly batch: number;
  readonly seed: number;
  /** A file of JSON lines, one a finished batch: what stands in it for these sources and this seed is not run again. */
  readonly results: string;
  readonly say: (line: string) => void;
}

interface Result {
  readonly digest: string;
  readonly seed: number;
  readonly batch: number;
  readonly histories: number;
  readonly steps: number;
}

/** Plays random histories in both engines. The exit code: 0 when all agreed, 1 when one did not, 2 for wrong usage. */
export async function runHistories({ histories, batch: size, seed, results, say }: RunOptions): Promise<number> {
  if (!Number.isSafeInteger(histories) || histories < 1 || !Number.isSafeInteger(seed)) {
    say('N is a number of histories above 0, SEED a whole number: make dapps-histories N=10000 SEED=1');
    return 2;
  }
  const pair = await Pair.open();
  try {
    const made = new Histories(pair.manifests);
    const digest = createHash('sha256')
      .update(pair.digest)
      .update(await sourcesOfTheHistories())
      .digest('hex')
      .slice(0, 16);
    const done = (await resultsIn(results)).filter(
      (one) => one.digest === digest && one.seed === seed && one.histories === size,
    );
    const batches = Math.ceil(histories / size);
    say(`${batches} batches of ${size} histories, seed ${seed}, sources ${digest}; ${done.length} done before`);
    await mkdir(dirname(results), { recursive: true });
    let [played, steps] = [0, 0];
    for (let batch = 0; batch < batches; batch += 1) {
      const before = done.find((one) => one.batch === batch);
      const result = before ?? {
        digest,
        seed,
        batch,
        ...(await playBatch(pair, made, size, (seed * 1_000_003 + batch) | 0)),
      };
      if (before === undefined) await appendFile(results, `${JSON.stringify(result)}\n`);
      played += result.histories;
      steps += result.steps;
      if (before === undefined)
        say(`batch ${batch + 1} of ${batches}: ${played} histories, ${steps} steps, all the same`);
    }
    say(`${played} histories, ${steps} steps: both engines gave the same answers`);
    return 0;
  } catch (error) {
    say(messageOf(error));
    say(`The same again: make dapps-histories N=${histories} SEED=${seed}`);
    return 1;
  } finally {
    await pair.close();
  }
}

async function playBatch(
  pair: Pair,
  made: Histories,
  histories: number,
  seed: number,
): Promise<Pick<Result, 'histories' | 'steps'> & { readonly tally: Tally }> {
  const tally = new Tally();
  await fc.assert(
    fc.asyncProperty(made.arbitrary(), async (history) => tally.add(await pair.play(history))),
    { numRuns: histories, seed, includeErrorInReport: true },
  );
  return { histories, steps: tally.steps, tally };
}

/** The histories of a seed depend on the code that makes them. */
async function sourcesOfTheHistories(): Promise<string> {
  const folder = import.meta.dirname;
  const files = (await readdir(folder)).sort();
  return (await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))).join('');
}

async function resultsIn(file: string): Promise<readonly Result[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  // The last line of a run that was killed may be half a line.
  return text
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as Result);
}
