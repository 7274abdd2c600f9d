import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Of `nice`: a tenth of the processor while a door wants it too, all of it while nobody does. */
const NICENESS = 10;

/** Puts the thread that calls it behind the others of this process. Linux keeps a priority for each thread. */
export function giveWay(): void {
  try {
    const [thread = ''] = readlinkSync('/proc/thread-self').split('/').slice(-1);
    setPriority(Number(thread), NICENESS);
  } catch {
    // Refused by a sandbox, say: doors wait somewhat longer beside a busy broker, and all works.
  }
}
