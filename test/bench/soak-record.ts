import { appendFileSync, existsSync, readFileSync } from 'node:fs';

const NEWLINE = 0x0a;

/** One look at a running soak. Memory and sizes in MB (10^6 bytes), times since the start of the run. */
export interface SoakSample {
  readonly atS: number;
  readonly sent: number;
  readonly facts: number;
  readonly heldBack: number;
  /** Of the badges told of since the sample before, ms; null when there were none. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly rssMb: number;
  readonly childrenPssMb: number;
  readonly ledgerMb: number;
  readonly walMb: number;
  readonly load: number;
}

/** A run as it stands in the file. */
interface SoakRun {
  readonly run: string;
  readonly minutes: number;
  readonly rate: number;
  readonly commit: string;
  readonly samples: readonly SoakSample[];
  readonly end: string | null;
}

type Line =
  | ({ readonly run: string; readonly begin: true } & Pick<SoakRun, 'minutes' | 'rate' | 'commit'>)
  | { readonly run: string; readonly sample: SoakSample }
  | { readonly run: string; readonly end: string; readonly result?: object };

/** The samples of every run, one JSON line each, so that those of a run that was stopped stay. */
export class SoakRecord {
  readonly #path: string;
  /** Whether the file is known to end with a whole line. */
  #isWhole = false;

  constructor(path: string) {
    this.#path = path;
  }

  add(line: Line): void {
    // After a crash the last line may be half a one, which would spoil the next.
    const start = this.#isWhole || !existsSync(this.#path) || readFileSync(this.#path).at(-1) === NEWLINE ? '' : '\n';
    appendFileSync(this.#path, `${start}${JSON.stringify(line)}\n`);
    this.#isWhole = true;
  }

  /** Every run so far, the oldest first; a line that a crash left half is passed over. */
  runs(): readonly SoakRun[] {
    const lines = existsSync(this.#path) ? readFileSync(this.#path, 'utf8').split('\n').flatMap(parsed) : [];
    return lines.flatMap((line) => {
      if (!('begin' in line)) return [];
      const own = lines.filter(({ run }) => run === line.run);
      const samples = own.flatMap((one) => ('sample' in one ? [one.sample] : []));
      const end = own.flatMap((one) => ('end' in one ? [one.end] : []))[0] ?? null;
      const { run, minutes, rate, commit } = line;
      return [{ run, minutes, rate, commit, samples, end }];
    });
  }
}

function parsed(text: string): readonly Line[] {
  try {
    return [JSON.parse(text) as Line];
  } catch {
    return [];
  }
}

interface Trend {
  /** MB an hour. */
  readonly slope: number;
  /** Standard error of the slope. */
  readonly error: number;
  /** Standard deviation of what the line leaves over, MB. */
  readonly noise: number;
  readonly samples: number;
}

/** The straight line through the second half of a run, by least squares. */
export function trendOf(samples: readonly SoakSample[], pick: (sample: SoakSample) => number): Trend {
  const half = samples.slice(Math.floor(samples.length / 2));
  const points = half.map((sample) => ({ x: sample.atS / 3600, y: pick(sample) }));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(points.map(({ x }) => x)), mean(points.map(({ y }) => y))];
  const spread = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  const slope = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / spread;
  const left = points.reduce((sum, { x, y }) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0);
  const noise = Math.sqrt(left / Math.max(1, points.length - 2));
  return { slope, error: noise / Math.sqrt(spread), noise, samples: points.length };
}
