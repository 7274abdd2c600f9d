/**
 * Which of many backups are kept. As restic reckons: from the newest to the oldest, each rule keeps the newest one of
 * each of its periods until it has kept as many as it says; a backup stays as long as any rule keeps it. While a rule
 * has kept fewer than it may, it keeps the oldest backup of all too, so that a young history reaches as far back as it
 * can. A rule of 0 keeps nothing; where all are 0, nobody has said what may go, and nothing goes.
 *
 * Newer is what was made later, whatever the clock said: one that was ahead for a while, and then set right, must not
 * make what is backed up from then on the oldest of all. So the newest is always kept. A period that comes again after
 * another, for the clock went back, counts as one more.
 */

const RULES = ['last', 'daily', 'weekly', 'monthly'] as const;

type RuleName = (typeof RULES)[number];

/** How many of each kind are kept. */
export type RetentionRule = Readonly<Record<RuleName, number>>;

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
 * @param times in milliseconds since 1970, the one made last first.
 * @param local the time on the wall at an instant, as if it were UTC; days, weeks (from Monday) and months are those of it.
 * @returns of each why it is kept, such as `daily`, or `oldest daily`; none: it may go.
 */
export function retained(
  times: readonly number[],
  rule: RetentionRule,
  local: (ms: number) => number = (ms) => ms,
): readonly (readonly string[])[] {
  if (RULES.every((name) => rule[name] === 0)) return times.map(() => ['no rule']);
  const open = RULES.map((name) => ({ name, left: rule[name], before: Number.NaN }));
  return times.map((ms, index) => {
    const isOldest = index === times.length - 1;
    const reasons: string[] = [];
    for (const each of open) {
      if (each.left === 0) continue;
      const period = PERIOD[each.name](local(ms), index);
      if (period === each.before && !isOldest) continue;
      reasons.push(period === each.before ? `oldest ${each.name}` : each.name);
      each.before = period;
      each.left -= 1;
    }
    return reasons;
  });
}
