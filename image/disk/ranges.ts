/** Blocks `first` to `last`, both included. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

/** `0` to `count - 1` without `free`, which may be in any order and overlap. */
export function complementOf(free: readonly Range[], count: number): readonly Range[] {
  const rest: Range[] = [];
  let next = 0;
  for (const { first, last } of [...free].sort((a, b) => a.first - b.first)) {
    const end = Math.min(first, count);
    if (end > next) rest.push({ first: next, last: end - 1 });
    next = Math.max(next, last + 1);
  }
  if (next < count) rest.push({ first: next, last: count - 1 });
  return rest;
}

/** Reads `1-5, 7, 9-12`, as dumpe2fs prints what is free. */
export function parseRanges(text: string): readonly Range[] {
  return text.split(',').flatMap((one) => {
    const match = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(one);
    return match === null ? [] : [{ first: Number(match[1]), last: Number(match[2] ?? match[1]) }];
  });
}

export function sizeOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}
