import { sizeText } from '../node/large/size.ts';
import { jsonText } from './output.ts';

const SHOWN_EACH_MS = 200;
const TOLD_EACH_MS = 1_000;

/** How far something is that is counted in bytes, with its rate and what time is left; on standard error. */
export class Transfer {
  readonly #what: string;
  readonly #isJson: boolean;
  readonly #total: number;
  readonly #startMs = performance.now();
  #saidMs = Number.NEGATIVE_INFINITY;
  #hasLine = false;

  /** @param total 0: not known. @param isJson without a terminal, a line of JSON once a second; else silence there. */
  constructor(what: string, total: number, isJson: boolean) {
    this.#what = what;
    this.#total = total;
    this.#isJson = isJson;
  }

  update(done: number, more: { readonly files?: number } = {}): void {
    const now = performance.now();
    const isTerminal = process.stderr.isTTY;
    if (now - this.#saidMs < (isTerminal ? SHOWN_EACH_MS : TOLD_EACH_MS)) return;
    this.#saidMs = now;
    const rate = (done * 1000) / Math.max(1, now - this.#startMs);
    const secondsLeft = this.#total > 0 && rate > 0 ? Math.ceil(Math.max(0, this.#total - done) / rate) : null;
    const total = this.#total > 0 ? this.#total : null;
    if (isTerminal) {
      this.#hasLine = true;
      const files = more.files === undefined ? '' : `, ${more.files} files`;
      const left = secondsLeft === null ? '' : `, ${timeText(secondsLeft)} left`;
      const of = total === null ? '' : ` of ${sizeText(total)}`;
      process.stderr.write(`\r${this.#what}: ${sizeText(done)}${of}${files}, ${sizeText(rate)}/s${left}\x1b[K`);
    } else if (this.#isJson) {
      const progress = { what: this.#what, bytes: done, total, ...more, bytesPerSecond: Math.round(rate), secondsLeft };
      process.stderr.write(`${jsonText({ progress })}\n`);
    }
  }

  /** Takes the line off the terminal. */
  end(): void {
    if (this.#hasLine) process.stderr.write('\r\x1b[K');
    this.#hasLine = false;
  }
}

function timeText(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.ceil(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.ceil((seconds % 3600) / 60)} min`;
}
