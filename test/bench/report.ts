import { loadavg } from 'node:os';
import type { Measured, Spread } from './row.ts';

const HEADINGS = [
  'name',
  'value',
  'yardstick',
  'ratio',
  'budget',
  'holds',
  'min-max',
  'min-max of yardstick',
  'rounds',
];

/** The figures as a table, each row followed by what its yardstick is. */
export function tableOf(measured: readonly Measured[]): string {
  const rows = measured.map(({ row, ours, yardsticks }) => [
    row.name,
    `${figure(row.value)} ${row.unit}`,
    `${figure(row.yardstick)} ${row.unit}`,
    figure(row.ratio),
    row.budget,
    row.holds ? 'yes' : 'NO',
    rangeOf(ours),
    rangeOf(yardsticks),
    String(ours.count),
  ]);
  const widths = HEADINGS.map((heading, at) => Math.max(heading.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd();
  const yardsticks = measured.map(({ row }) => `  ${row.name} against ${row.against}`);
  return [line(HEADINGS), ...rows.map(line), '', 'Yardsticks, measured in the same run:', ...yardsticks].join('\n');
}

/** Three digits that count, and no fraction of what is above a thousand. */
export function figure(value: number): string {
  return Math.abs(value) >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

export function loadText(): string {
  return `load average ${loadavg()
    .map((load) => load.toFixed(2))
    .join(' ')}`;
}

function rangeOf({ least, most }: Spread): string {
  return `${figure(least)}-${figure(most)}`;
}
