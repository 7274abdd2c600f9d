/** One figure, as `build/bench.json` holds it. */
export interface Row {
  readonly name: string;
  readonly value: number;
  /** Of `value` and `yardstick`. */
  readonly unit: string;
  /** What the yardstick is. */
  readonly against: string;
  /** Measured in the same run. */
  readonly yardstick: number;
  /** `value` by `yardstick`. */
  readonly ratio: number;
  readonly budget: string;
  readonly holds: boolean;
}

/** A row, and how its figures were come by. */
export interface Measured {
  readonly row: Row;
  readonly ours: Spread;
  readonly yardsticks: Spread;
}

/** The samples or rounds behind a figure. */
export interface Spread {
  readonly count: number;
  readonly least: number;
  readonly most: number;
}

/** What a bench works with. */
export interface Work {
  /** A folder of its own on the disk of this checkout; it goes at the end. */
  readonly folder: string;
  /** Tells how far it is. */
  readonly say: (text: string) => void;
}

export interface Bench {
  /** The rows it gives. */
  readonly names: readonly string[];
  /** @throws when it could not run; a missed budget is no error. */
  readonly run: (work: Work) => Promise<readonly Measured[]>;
}
