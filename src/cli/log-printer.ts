import { isJsonObject, type JsonObject } from '../base/json.ts';
import { instantsIn, SpaceClock } from './clock.ts';
import { describeBody } from './facts.ts';
import { Names } from './names.ts';
import { jsonText, plain } from './output.ts';
import type { Session } from './session.ts';

/** Prints rows of the log: a line each, in words with local times and names, or as JSON. */
export class LogPrinter {
  readonly #isJson: boolean;
  readonly #clock: SpaceClock;
  readonly #names: Names;
  #shown = 0;

  constructor(session: Session, isJson: boolean) {
    this.#isJson = isJson;
    this.#clock = new SpaceClock(session);
    this.#names = new Names(session);
  }

  /** How many rows there were until now. */
  get shown(): number {
    return this.#shown;
  }

  async show(rows: readonly JsonObject[]): Promise<void> {
    this.#shown += rows.length;
    if (!this.#isJson && rows.length > 0) {
      const erasures = rows.flatMap(({ erased }) => (erased === undefined ? [] : [erased as JsonObject]));
      await this.#clock.know(...instantsIn(rows, 'time'), ...instantsIn(erasures, 'atMs'));
      await this.#names.know(rows.map((row) => row.body ?? null));
    }
    for (const row of rows) process.stdout.write(`${this.#isJson ? jsonText(row) : this.#describe(row)}\n`);
  }

  #describe(row: JsonObject): string {
    const { time, clock, author, dapp, kind, body, outcome, erased } = row;
    const { status, code } = outcome as { status: string; code?: string };
    const mark = status === 'ok' ? '' : ` [${status}: ${plain(String(code))}]`;
    const when = `${this.#clock.text(Number(time))}${clock === 'unknown' ? '?' : ' '}`;
    const what =
      erased === undefined
        ? describeBody(String(kind), isJsonObject(body) ? this.#names.inWords(body) : null)
        : this.#erasure(erased as JsonObject);
    return `${when} ${plain(String(author))}  ${dapp} ${kind}  ${what}${mark}`;
  }

  #erasure({ by, atMs }: JsonObject): string {
    return `(erased by ${plain(String(by))}, ${this.#clock.text(Number(atMs))})`;
  }
}
