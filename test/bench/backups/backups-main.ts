import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RELEASE } from '../bench-space.ts';
import { figure, loadText } from '../report.ts';
import { median } from '../statistics.ts';
import { CORPORA_FOLDER } from './backup-bench.ts';
import { CORPORA, corpusIn, warm } from './corpora.ts';
import { type Runs, runsOver } from './measure.ts';
import type { Cost } from './tools.ts';

/** `make bench-backups`: time, processor, peak memory and stored bytes of every tool on every corpus. */

const ROUNDS = 3;
const HEADINGS = ['corpus', 'tool', 'backup', 'seconds', 'processor s', 'peak MB', 'stored MB', 'new MB'];

const middle = (costs: readonly Cost[], of: (cost: Cost) => number) => median(costs.map(of));

function linesOf(corpus: string, { tool, first, second }: Runs): readonly (readonly string[])[] {
  const stored = [first, second].map((costs) => middle(costs, ({ storedBytes }) => storedBytes));
  return [first, second].map((costs, at) => [
    corpus,
    tool,
    at === 0 ? 'first' : 'second',
    figure(middle(costs, ({ seconds }) => seconds)),
    figure(middle(costs, ({ cpuSeconds }) => cpuSeconds)),
    figure(middle(costs, ({ peakBytes }) => peakBytes) / 1e6),
    figure((stored[at] ?? 0) / 1e6),
    figure(((stored[at] ?? 0) - (at === 0 ? 0 : (stored[0] ?? 0))) / 1e6),
  ]);
}

const only = process.env.ONLY ?? '';
const chosen = CORPORA.filter(({ name }) => only === '' || name === only);
if (chosen.length === 0) throw new Error(`ONLY=${only}: one of ${CORPORA.map(({ name }) => name).join(', ')}`);
mkdirSync(join(RELEASE, 'build'), { recursive: true });
const folder = mkdtempSync(join(RELEASE, 'build/bench-backups-'));
const say = (text: string) => void process.stderr.write(`bench-backups: ${text}\n`);
const rows: (readonly string[])[] = [];
const before = loadText();
try {
  for (const { name } of chosen) {
    const corpus = await corpusIn(CORPORA_FOLDER, name, say);
    await warm(corpus);
    const runs = await runsOver(corpus, ROUNDS, { folder, say: (text) => say(`${name}: ${text}`) });
    rows.push(...runs.flatMap((one) => linesOf(name, one)));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const widths = HEADINGS.map((heading, at) => Math.max(heading.length, ...rows.map((row) => row[at]?.length ?? 0)));
const table = [HEADINGS, ...rows].map((row) =>
  row
    .map((cell, at) => cell.padEnd(widths[at] ?? 0))
    .join('  ')
    .trimEnd(),
);
const whats = chosen.map(({ name, what }) => `  ${name}: ${what}`);
const text = [...table, '', `Medians of ${ROUNDS} rounds:`, ...whats, '', `${before} before, ${loadText()} after`].join(
  '\n',
);
writeFileSync(join(RELEASE, 'build/bench-backups.txt'), `${text}\n`);
process.stdout.write(`${text}\n`);
