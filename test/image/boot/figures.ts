import { CARD_FRAME, STRANGE_FRAME } from './card-text.ts';
import type { RunningBoard } from './running.ts';
import type { Shell } from './shell.ts';

/** What the processes of a board take. */

export interface Sample {
  /** PID → what it has taken so far. */
  readonly processes: ReadonlyMap<number, Taken>;
  readonly uptimeS: number;
  readonly availableKib: number;
}

export interface Taken {
  readonly name: string;
  /** Its own memory, and its share of what it has in common with others. */
  readonly pssKib: number;
  readonly rssKib: number;
  readonly cpuS: number;
}

/** One row: processes of one name together. */
export interface Row {
  readonly name: string;
  readonly count: number;
  readonly pssMib: number;
  readonly rssMib: number;
  /** Of one processor, in percent, between two samples. */
  readonly cpuPercent: number;
}

const TICKS_PER_S = 100;
const KIB_PER_MIB = 1024;
const CARD_EVERY_S = 2;
const WAIT_S = 20;

const SAMPLE = [
  'read up _ </proc/uptime; echo "uptime $up"',
  "sed -n 's/^MemAvailable: *\\([0-9]*\\) kB/available \\1/p' /proc/meminfo",
  // What procfs has in a file it does not tell as its size. The kernel's own threads have no command.
  'cd /proc; for p in [0-9]*; do c=$(tr "\\0" " " <$p/cmdline); [ -n "$c" ] || continue; echo "process $p"; echo "$c"; grep -E "^(Pss|Rss):" $p/smaps_rollup; cat $p/stat; done 2>/dev/null; true',
].join('; ');

export async function sample(shell: Shell): Promise<Sample> {
  const text = await shell.run(SAMPLE);
  const number = (pattern: RegExp, from: string) => Number(pattern.exec(from)?.[1] ?? Number.NaN);
  const processes = new Map<number, Taken>();
  for (const part of text.split(/^process /m).slice(1)) {
    const [pid = '', command = ''] = part.split('\n');
    const fields = /^\d+ \(.*\) (.*)$/m.exec(part)?.[1]?.split(' ') ?? [];
    const pssKib = number(/^Pss: +(\d+)/m, part);
    if (Number.isNaN(pssKib)) continue;
    const cpuS = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
    processes.set(Number(pid), { name: nameOf(command), pssKib, rssKib: number(/^Rss: +(\d+)/m, part), cpuS });
  }
  return { processes, uptimeS: number(/^uptime ([\d.]+)/m, text), availableKib: number(/^available (\d+)/m, text) };
}

/** What tells it from others: of our programs, what they run. */
function nameOf(command: string): string {
  const words = command.trim().split(' ');
  if (/blockmesh\.mjs run/.test(command)) return 'node (blockmesh run)';
  if (/^(?:\S*\/)?node \S+\.m?js/.test(command)) return `dapp ${words[1]}`;
  if (/kit\.sh watch/.test(command)) return 'the test itself';
  return (words[0]?.split('/').at(-1) ?? '').replace(/:$/, '');
}

/** What was taken from `before` to `after`, the largest first. */
export function rowsBetween(before: Sample, after: Sample): readonly Row[] {
  const seconds = after.uptimeS - before.uptimeS;
  const names = new Map<string, Row>();
  for (const [pid, { name, pssKib, rssKib, cpuS }] of after.processes) {
    const row = names.get(name) ?? { name, count: 0, pssMib: 0, rssMib: 0, cpuPercent: 0 };
    names.set(name, {
      name,
      count: row.count + 1,
      pssMib: row.pssMib + pssKib / KIB_PER_MIB,
      rssMib: row.rssMib + rssKib / KIB_PER_MIB,
      cpuPercent: row.cpuPercent + ((cpuS - (before.processes.get(pid)?.cpuS ?? 0)) / seconds) * 100,
    });
  }
  return [...names.values()].sort((a, b) => b.pssMib - a.pssMib);
}

/** Waits by the clock of the board, which a busy host makes slow; in short waits, for none may take a command's time. */
export async function atRest(shell: Shell, seconds: number): Promise<void> {
  for (let waited = 0; waited < seconds; waited += WAIT_S) await shell.run(`sleep ${WAIT_S}`);
}

/** Holds a card to the reader every 2 s by the clock of the board. */
export async function underLoad(board: RunningBoard, shell: Shell, seconds: number): Promise<void> {
  for (let count = 0; count * CARD_EVERY_S < seconds; count += 1) {
    await board.badge(count % 2 === 0 ? CARD_FRAME : STRANGE_FRAME);
    await shell.run(`sleep ${CARD_EVERY_S}`);
  }
}

/** As a table of Markdown, small processes together. */
export function table(rows: readonly Row[]): string {
  const large = rows.filter(({ pssMib }) => pssMib >= 1);
  const small = rows.filter(({ pssMib }) => pssMib < 1);
  const sum = (of: (row: Row) => number, list: readonly Row[]) => list.reduce((all, row) => all + of(row), 0);
  const line = (name: string, list: readonly Row[]) =>
    `| ${name} | ${sum((row) => row.count, list)} | ${sum((row) => row.pssMib, list).toFixed(1)} | ${sum((row) => row.rssMib, list).toFixed(1)} | ${sum((row) => row.cpuPercent, list).toFixed(1)} |`;
  return [
    '| process | count | PSS, MiB | RSS, MiB | processor, % |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...large.map((row) => line(row.name, [row])),
    line('others below 1 MiB', small),
    line('all', rows),
  ].join('\n');
}
