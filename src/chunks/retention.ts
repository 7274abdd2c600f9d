/**
 * Which of many backups are kept. As restic reckons: from the newest to the oldest, each rule keeps the newest one of
 * each of its periods until it has kept as many as it says; a backup stays as long as any rule keeps it. While a rule
 * has kept fewer than it may, it keeps the oldest backup of all too, so that a young history reaches as far back as it
 * can. A rule of 0 keeps nothing; where all are 0, nobody has said what may go, and nothing goes.
 */

const RULES = ['last', 'daily', 'weekly', 'monthly'] as const;

type RuleName = (typeof RULES)[number];

/** How many of each kind are kept. */
export type RetentionRule = Readonly<Record<RuleName, number>>;

export interface Retained {
  /** Milliseconds since 1970. */
  readonly ms: number;
  /** Why it is kept, such as `daily`, or `oldest daily`; none: it may go. */
  readonly reasons: readonly string[];
}

const DAY_MS = 24 * 60 * 60 * 1000;
const WEEK_DAYS = 7;
/** Days before 1970, a Thursday, to the Monday of that week. */
const DAYS_FROM_MONDAY = 3;

/** What tells one period from the next, of local time as if it were UTC. */
const PERIOD: Readonly<Record<RuleName, (localMs: number, index: number) => number>> = {
  last: (_, index) => index,
  daily: (localMs) => Math.floor(localMs / DAY_MS),
  weekly: (localMs) => Math.floor((Math.floor(localMs / DAY_MS) + DAYS_FROM_MONDAY) / WEEK_DAYS),
  monthly: (localMs) => {
    const date = new Date(localMs);
    return date.getUTCFullYear() * 12 + date.getUTCMonth();
  },
};

/**
 * @param times in any order; equal ones are one backup.
 * @param local the time on the wall at an instant, as if it were UTC; days, weeks (from Monday) and months are those of it.
 * @returns each time once, the newest first.
 */
export function retained(
  times: readonly number[],
  rule: RetentionRule,
  local: (ms: number) => number = (ms) => ms,
): readonly Retained[] {
  const newestFirst = [...new Set(times)].sort((a, b) => b - a);
  if (RULES.every((name) => rule[name] === 0)) return newestFirst.map((ms) => ({ ms, reasons: ['no rule'] }));
  const open = RULES.map((name) => ({ name, left: rule[name], before: Number.NaN }));
  return newestFirst.map((ms, index) => {
    const isOldest = index === newestFirst.length - 1;
    const reasons: string[] = [];
    for (const each of open) {
      if (each.left === 0) continue;
      const period = PERIOD[each.name](local(ms), index);
      if (period === each.before && !isOldest) continue;
      reasons.push(period === each.before ? `oldest ${each.name}` : each.name);
      each.before = period;
      each.left -= 1;
    }
    return { ms, reasons };
  });
}
