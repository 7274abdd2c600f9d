import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** A file of results, one JSON object a line, that a run adds to and a later run goes on from. */
export class Results<T extends object> {
  readonly path: string;

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    this.path = path;
  }

  /** Every line in order; half a line, as a run that was stopped may leave, is passed over. */
  all(): readonly T[] {
    if (!existsSync(this.path)) return [];
    const lines = readFileSync(this.path, 'utf8').split('\n');
    return lines.filter((line) => line.startsWith('{') && line.endsWith('}')).map((line) => JSON.parse(line) as T);
  }

  add(line: T): void {
    // After half a line, on a line of its own.
    const isWhole = !existsSync(this.path) || /(?:^|\n)$/.test(readFileSync(this.path, 'utf8'));
    appendFileSync(this.path, `${isWhole ? '' : '\n'}${JSON.stringify(line)}\n`);
  }
}
