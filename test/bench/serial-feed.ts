import { closeSync, openSync, writeSync } from 'node:fs';

/** One byte at 9600 baud: start bit, eight bits, stop bit. */
const BYTE_NS = 10_000_000_000n / 9600n;
/** The kernel wakes a sleeper this late at worst on an idle machine; the rest is spun. */
const SPIN_NS = 200_000n;

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Blocks until `process.hrtime.bigint()` is `atNs`, mostly asleep: a busy core would slow what is measured. */
function waitUntil(atNs: bigint): void {
  for (;;) {
    const leftNs = atNs - process.hrtime.bigint();
    if (leftNs <= 0n) return;
    if (leftNs > SPIN_NS) Atomics.wait(sleeper, 0, 0, Number(leftNs - SPIN_NS) / 1e6);
  }
}

/** Writes into a pseudo-terminal as slowly as a serial line carries: a terminal has a speed, but does not keep it. */
export class SerialFeed {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, 'r+');
  }

  /** @returns `process.hrtime.bigint()` just before the last byte was written. */
  send(bytes: Uint8Array): bigint {
    const startNs = process.hrtime.bigint();
    let atNs = startNs;
    for (let at = 0; at < bytes.length; at += 1) {
      waitUntil(startNs + BYTE_NS * BigInt(at));
      atNs = process.hrtime.bigint();
      writeSync(this.#file, bytes, at, 1);
    }
    return atNs;
  }

  close(): void {
    closeSync(this.#file);
  }
}
