import type { Clock } from '../../base/ports.ts';

/** Others have their turn, and a signal is heard. */
export async function pauseFor(clock: Clock, pauseMs: number): Promise<void> {
  await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
}
