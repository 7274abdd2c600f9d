import type { JsonObject } from '../base/json.ts';
import { isJsonObject } from '../base/json.ts';
import { READER_LOOK_MS, READER_REFUSED_PER_LOOK_MAX } from '../base/limits.ts';
import type { Clock } from '../base/ports.ts';

/** So many looks in a row have to be quiet before a reader has stopped babbling. */
const QUIET_LOOKS = 5;

interface ReaderWatchParts {
  readonly clock: Pick<Clock, 'after'>;
  /** The readers with their totals, as `status` shows them. */
  readonly describe: () => readonly JsonObject[];
  /** Called with the first state of a reader, and with each other one. */
  readonly onState: (reader: string, state: string) => void;
}

/** What is known of a reader since the last look. */
interface Look {
  readonly dropped: number;
  readonly refused: number;
  readonly quietLooks: number;
  readonly state: string;
}

/**
 * Tells of readers that are lost, and of those that babble: that had good frames dropped over their rate or the rate
 * of their line, or more than READER_REFUSED_PER_LOOK_MAX refused, since the last look. Looks at totals every
 * READER_LOOK_MS, so a flood costs nothing more here.
 */
export class ReaderWatch {
  readonly #parts: ReaderWatchParts;
  readonly #looks = new Map<string, Look>();
  #cancel: (() => void) | null = null;

  constructor(parts: ReaderWatchParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#look();
    this.#cancel = this.#parts.clock.after(READER_LOOK_MS, () => this.start());
  }

  stop(): void {
    this.#cancel?.();
  }

  /** Other readers have these names now, or none: their totals begin anew, and how they are is told at once. */
  replaced(names: readonly string[]): void {
    for (const name of names) this.#looks.delete(name);
    this.#look((name) => names.includes(name));
  }

  #look(isWanted: (name: string) => boolean = () => true): void {
    for (const reader of this.#parts.describe()) {
      const name = String(reader.name);
      if (!isWanted(name)) continue;
      const before = this.#looks.get(name);
      const look = lookAt(reader, before);
      this.#looks.set(name, look);
      if (look.state !== before?.state) this.#parts.onState(name, look.state);
    }
  }
}

function lookAt(reader: JsonObject, before: Look | undefined): Look {
  const dropped = countOf(reader.dropped) + countOf(reader.throttled);
  const refused = isJsonObject(reader.refused) ? sum(Object.values(reader.refused).map(countOf)) : 0;
  const isLoud =
    before !== undefined && (dropped > before.dropped || refused - before.refused > READER_REFUSED_PER_LOOK_MAX);
  const quietLooks = isLoud ? 0 : (before?.quietLooks ?? QUIET_LOOKS) + 1;
  const isOpen = reader.state === 'open';
  const state = isOpen ? (quietLooks > QUIET_LOOKS ? 'open' : 'babbling') : 'lost';
  return { dropped, refused, quietLooks, state };
}

function countOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
