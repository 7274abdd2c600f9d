/** What a reader of the terminal sees of a build: a line a stage with its time, and what it does meanwhile. */
export interface Progress {
  say(text: string): void;
  reuse(stage: string, key: string): void;
  /** Runs `work`, and tells its last line of output now and then while it runs. */
  during(stage: string, key: string, work: (onLine: (line: string) => void) => Promise<void>): Promise<void>;
}

export interface StageTime {
  readonly stage: string;
  readonly seconds: number;
  readonly isReused: boolean;
}

const TOLD_EVERY_MS = 15_000;
const LINE_CHARS_MAX = 100;

export class TerminalProgress implements Progress {
  readonly times: StageTime[] = [];
  readonly #write: (text: string) => void;
  readonly #nowMs: () => number;

  constructor(write: (text: string) => void, nowMs: () => number) {
    this.#write = write;
    this.#nowMs = nowMs;
  }

  say(text: string): void {
    this.#write(`${text}\n`);
  }

  reuse(stage: string, key: string): void {
    this.times.push({ stage, seconds: 0, isReused: true });
    this.#write(`${stage.padEnd(22)} ${key}  as it was\n`);
  }

  async during(stage: string, key: string, work: (onLine: (line: string) => void) => Promise<void>): Promise<void> {
    const startedMs = this.#nowMs();
    let toldMs = startedMs;
    this.#write(`${stage.padEnd(22)} ${key}  begins\n`);
    await work((line) => {
      const nowMs = this.#nowMs();
      if (nowMs - toldMs < TOLD_EVERY_MS || line.trim() === '') return;
      toldMs = nowMs;
      this.#write(`  ${secondsSince(startedMs, nowMs)} ${line.trim().slice(0, LINE_CHARS_MAX)}\n`);
    });
    const seconds = (this.#nowMs() - startedMs) / 1000;
    this.times.push({ stage, seconds, isReused: false });
    this.#write(`${stage.padEnd(22)} ${key}  done in ${seconds.toFixed(1)} s\n`);
  }
}

function secondsSince(startedMs: number, nowMs: number): string {
  return `${Math.round((nowMs - startedMs) / 1000)} s`.padStart(6);
}
