import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fromHex } from '../base/bytes.ts';
import type { Clock, ClockQuality, Randomness } from '../base/ports.ts';

/** The real clock and the real randomness, behind the ports of floor 0. */

/** systemd-timesyncd leaves this file when it has set the clock from the network. */
const SYNCED_MARK = '/run/systemd/timesync/synchronized';
/** No machine that runs this release lives before it was written: such a clock was never set. */
const RELEASE_MS = Date.UTC(2026, 10, 22);

/**
 * Whose word counts that the clock is right: systemd-timesyncd's, the operator's, or nobody's, for a board without a
 * clock worth believing.
 */
export type ClockTrust = 'timesync' | 'trusted' | 'untrusted';

export function systemClock(trust: ClockTrust): Clock {
  return {
    now() {
      const wallMs = Date.now();
      return { wallMs, quality: qualityOf(wallMs, trust) };
    },
    monotonicMs: () => Number(process.hrtime.bigint() / 1_000_000n),
    after(delayMs, task) {
      const timer = setTimeout(task, delayMs);
      return () => clearTimeout(timer);
    },
  };
}

function qualityOf(wallMs: number, trust: ClockTrust): ClockQuality {
  if (wallMs < RELEASE_MS || trust === 'untrusted') return 'unknown';
  return trust === 'trusted' || existsSync(SYNCED_MARK) ? 'synced' : 'unknown';
}

export const systemRandomness: Randomness = { bytes: (length) => new Uint8Array(randomBytes(length)) };

/** 16 bytes that the kernel draws at each boot. */
export function bootId(): Uint8Array {
  const text = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return fromHex(text.replaceAll('-', ''));
}
