import type { Clock } from '../../src/base/ports.ts';

/** A clock that stands until it is told to go on; what is due then runs, in order. */
export function stillClock(): Clock & { advance: (ms: number) => void } {
  let nowMs = 1_000;
  let due: { readonly atMs: number; readonly task: () => void }[] = [];
  return {
    now: () => ({ wallMs: nowMs, quality: 'synced' }),
    monotonicMs: () => nowMs,
    after(delayMs, task) {
      const one = { atMs: nowMs + delayMs, task };
      due.push(one);
      return () => {
        due = due.filter((other) => other !== one);
      };
    },
    advance(ms) {
      nowMs += ms;
      const now = due.filter(({ atMs }) => atMs <= nowMs).sort((a, b) => a.atMs - b.atMs);
      due = due.filter(({ atMs }) => atMs > nowMs);
      for (const { task } of now) task();
    },
  };
}
