/** CLOCK_MONOTONIC in nanoseconds, the only clock of the pins process. */

export const NS_PER_MS = 1_000_000n;
export const NS_PER_S = 1_000_000_000n;

export function nowNs(): bigint {
  return process.hrtime.bigint();
}

/** The earlier of two times that may be missing. */
export function earlier(one: bigint | undefined, other: bigint | undefined): bigint | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one < other ? one : other;
}
