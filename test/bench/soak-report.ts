import { figure, loadText } from './report.ts';
import type { SoakResult } from './soak.ts';
import { type SoakRecord, type SoakSample, trendOf } from './soak-record.ts';
import { percentile } from './statistics.ts';

const HEADINGS = [
  'minute',
  'badges',
  'facts',
  'held back',
  'p50 ms',
  'p99 ms',
  'node MB',
  'children MB',
  'ledger MB',
  'load',
];

/** What earlier runs left in the file, those first that did not come to their end. */
export function earlierRuns(record: SoakRecord): readonly string[] {
  return record.runs().map(({ run, commit, minutes, rate, samples, end }) => {
    const rss = samples.map((sample) => sample.rssMb);
    const range = rss.length === 0 ? '' : `, node ${figure(Math.min(...rss))}-${figure(Math.max(...rss))} MB`;
    const spent = Math.round((samples.at(-1)?.atS ?? 0) / 6) / 10;
    return `earlier run ${run} at ${commit}: ${end ?? 'broken off'}, ${spent} of ${minutes} minutes at ${rate}/s${range}`;
  });
}

/** A row a minute, then the counts, then how memory went in the second half. */
export function soakReport(result: SoakResult): string {
  const { samples, verify, denied, faults } = result;
  const rows = result.minutes.map((latencies, minute) => minuteRow(minute, latencies, samples));
  const findings = Array.isArray(verify.findings) ? verify.findings.length : 'no answer';
  const trend = (name: string, pick: (sample: SoakSample) => number) => {
    const { slope, error, noise, samples: count } = trendOf(samples, pick);
    return `${name}: ${signed(slope)} MB/hour, standard error ${figure(error)}, noise ${figure(noise)} MB, ${count} samples of the second half`;
  };
  const facts = result.granted + Object.values(denied).reduce((sum, count) => sum + count, 0);
  return [
    tableText([HEADINGS, ...rows]),
    '',
    `badges sent ${result.sent}, facts written ${facts}: ${result.granted} granted, denied ${JSON.stringify(denied)}`,
    `readers heard ${result.heard}, dropped ${result.dropped}; held back ${result.heldBack}; granted without a pulse ${JSON.stringify(faults)}`,
    `verify: ${findings} findings in ${verify.blocks} blocks, ${verify.entries} entries; ${result.warnings} lines in the node's log of warnings`,
    trend('node RSS', (sample) => sample.rssMb),
    trend("children's PSS", (sample) => sample.childrenPssMb),
    loadText(),
  ].join('\n');
}

/** What is wrong with the counts; nothing when every badge has its fact. */
export function soakFaults(result: SoakResult): readonly string[] {
  const denied = Object.values(result.denied).reduce((sum, count) => sum + count, 0);
  const facts = result.granted + denied;
  const findings = result.verify.findings;
  return [
    ...(facts === result.sent ? [] : [`${result.sent} badges sent, ${facts} facts`]),
    ...(denied === result.strangers ? [] : [`${result.strangers} strangers, ${denied} denied`]),
    ...(result.dropped === 0 ? [] : [`readers dropped ${result.dropped}`]),
    ...(result.refused === 0 ? [] : [`${result.refused} entries refused or waiting`]),
    ...(Array.isArray(findings) && findings.length === 0 ? [] : [`verify: ${JSON.stringify(findings ?? null)}`]),
  ];
}

function minuteRow(minute: number, latencies: readonly number[], samples: readonly SoakSample[]): readonly string[] {
  const inside = samples.filter(({ atS }) => Math.ceil(atS / 60) - 1 <= minute);
  const last = inside.at(-1);
  const before = samples.filter(({ atS }) => Math.ceil(atS / 60) - 1 < minute).at(-1);
  const at = (share: number) => (latencies.length === 0 ? '-' : figure(percentile(latencies, share)));
  return [
    String(minute + 1),
    String((last?.sent ?? 0) - (before?.sent ?? 0)),
    String((last?.facts ?? 0) - (before?.facts ?? 0)),
    String((last?.heldBack ?? 0) - (before?.heldBack ?? 0)),
    at(0.5),
    at(0.99),
    figure(last?.rssMb ?? 0),
    figure(last?.childrenPssMb ?? 0),
    figure((last?.ledgerMb ?? 0) + (last?.walMb ?? 0)),
    figure(last?.load ?? 0),
  ];
}

function tableText(rows: readonly (readonly string[])[]): string {
  const widths = HEADINGS.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) => row.map((cell, at) => cell.padStart(widths[at] ?? 0)).join('  ')).join('\n');
}

function signed(value: number): string {
  return value < 0 ? figure(value) : `+${figure(value)}`;
}
