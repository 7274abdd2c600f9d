import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, messageOf } from '../../src/base/errors.ts';
import { admitBench } from './admit.ts';
import { appendBench, groupBench } from './append.ts';
import { backupBench } from './backups/backup-bench.ts';
import { badgeBench, nativeBadgeBench } from './badge.ts';
import { RELEASE } from './bench-space.ts';
import { blobMemoryBench } from './blob-memory.ts';
import { brokerBench } from './broker.ts';
import { chunksGrowthBench } from './chunks-growth.ts';
import { babbleBench, floodBench } from './flood.ts';
import { growthBench } from './growth.ts';
import { importLoadBench } from './import-load.ts';
import { ingestBench } from './ingest.ts';
import { figure, loadText, tableOf } from './report.ts';
import { restBench } from './rest.ts';
import type { Bench, Measured } from './row.ts';

const BENCHES: readonly Bench[] = [
  badgeBench,
  nativeBadgeBench,
  floodBench,
  babbleBench,
  appendBench,
  groupBench,
  admitBench,
  restBench,
  brokerBench,
  ingestBench,
  backupBench,
  importLoadBench,
];

const EXIT_DONE = 0;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/**
 * Runs every bench, or the one that gives the row `only`; prints a table and writes `build/bench.json`.
 * @returns the exit code: 0 also when a budget is missed, 1 when a bench could not run, 2 for an unknown name.
 */
export async function runBenches(only: string | undefined, isFull: boolean): Promise<number> {
  const isLong = isFull || (only ?? '') !== '';
  const all = [...BENCHES, blobMemoryBench(isLong), chunksGrowthBench(isLong), growthBench(isLong)];
  const benches = all.filter(({ names }) => only === undefined || only === '' || names.includes(only));
  if (benches.length === 0) {
    say(`no bench is named ${only}; there are: ${all.flatMap(({ names }) => names).join(', ')}`);
    return EXIT_USAGE;
  }
  const loadBefore = loadText();
  const { measured, failures } = await runAll(benches);
  const build = join(RELEASE, 'build');
  writeFileSync(
    join(build, 'bench.json'),
    `${JSON.stringify(
      measured.map(({ row }) => row),
      null,
      2,
    )}\n`,
  );
  process.stdout.write(`${tableOf(measured)}\n\n${loadBefore} before, ${loadText()} after\n`);
  for (const { row } of measured.filter(({ row: { holds } }) => !holds)) {
    process.stdout.write(
      `over budget: ${row.name} is ${figure(row.value)} ${row.unit}, ratio ${figure(row.ratio)}; ${row.budget}\n`,
    );
  }
  return failures === 0 ? EXIT_DONE : EXIT_FAILED;
}

async function runAll(benches: readonly Bench[]): Promise<{ measured: readonly Measured[]; failures: number }> {
  mkdirSync(join(RELEASE, 'build'), { recursive: true });
  // On the disk of the checkout: a temporary folder may lie in memory, where a sync costs nothing.
  const folder = mkdtempSync(join(RELEASE, 'build/bench-'));
  const measured: Measured[] = [];
  let failures = 0;
  try {
    for (const bench of benches) {
      const [name = ''] = bench.names;
      try {
        measured.push(...(await bench.run({ folder, say: (text) => say(`${name}: ${text}`) })));
      } catch (error) {
        failures += 1;
        say(`${name} could not run: ${codeOf(error) ?? 'failed'}: ${messageOf(error)}`);
        if (codeOf(error) === undefined && error instanceof Error) say(error.stack ?? '');
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { measured, failures };
}

function say(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}
