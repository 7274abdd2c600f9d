import type { Built } from './growth-build.ts';
import { MEASURES } from './growth-measures.ts';
import type { NodeFigures } from './growth-node.ts';
import { figure } from './report.ts';
import { median } from './statistics.ts';

/** Figures of one history at one size, by measure. */
export interface SizeFigures {
  readonly built: Built;
  readonly rates: ReadonlyMap<string, readonly number[]>;
  readonly node: NodeFigures | null;
}

/** A row for each history and size: rates a second, then what the file and a node need, then how it was built. */
export function growthTable(figures: readonly SizeFigures[]): string {
  const headings = [
    'members',
    'a block',
    'entries',
    ...MEASURES.map(({ name }) => `${name}/s`),
    'start ms',
    'rss MB',
    'bytes/entry',
    'built: admit blocks/s',
    'fold entries/s',
  ];
  const rows = figures.map(({ built, rates, node }) => [
    String(built.shape.members),
    String(built.shape.perBlock),
    String(built.entries),
    ...MEASURES.map(({ name }) => textOf(rates.get(name))),
    textOf(node?.startMs),
    textOf(node?.rssMb),
    figure(built.bytes / built.entries),
    built.admitRate === null ? '-' : figure(built.admitRate),
    built.foldRate === null ? '-' : figure(built.foldRate),
  ]);
  const all = [headings, ...rows];
  const widths = headings.map((_, at) => Math.max(...all.map((row) => row[at]?.length ?? 0)));
  return all.map((row) => row.map((cell, at) => cell.padStart(widths[at] ?? 0)).join('  ')).join('\n');
}

function textOf(values: readonly number[] | undefined): string {
  return values === undefined || values.length === 0 ? '-' : figure(median(values));
}
