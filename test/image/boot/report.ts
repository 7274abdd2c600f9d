import type { Report } from './doors.ts';

/** Says on the terminal what was shown, as it comes. */
export class TerminalReport implements Report {
  readonly #beganMs = performance.now();
  failures = 0;

  ok(isSo: boolean, what: string): void {
    if (!isSo) this.failures += 1;
    this.#line(isSo ? 'ok    ' : 'FAILED', what);
  }

  say(text: string): void {
    this.#line('      ', text);
  }

  /** The end of a run. @returns the exit code. */
  end(): number {
    console.log(this.failures === 0 ? 'all as it should be' : `${this.failures} FAILED`);
    return this.failures === 0 ? 0 : 1;
  }

  #line(mark: string, text: string): void {
    const seconds = ((performance.now() - this.#beganMs) / 1000).toFixed(0).padStart(5);
    console.log(`${seconds} s  ${mark} ${text}`);
  }
}
