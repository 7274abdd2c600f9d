import { CodedError } from '../base/errors.ts';
import { CSV_BYTES_MAX, CSV_CELL_CHARS_MAX } from '../base/limits.ts';

/** A record of a table, RFC 4180, and the line of the file it begins on. */
export interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * What a spreadsheet takes for a formula when a cell begins with it, and what it would then run; after any number of
 * apostrophes, for one of those is the guard that is put in front and taken off again.
 */
const FORMULA = /^'*[=+\-@\t\r]/;

/**
 * The records of a table: UTF-8 (with a byte order mark or without), commas or semicolons, which the first line shows.
 * Empty lines are passed over. Every record has as many cells as the first. Our own, for what a file gets wrong has to
 * be told by its line, and a cell may have lines in it.
 * @throws csv_too_large, csv_not_utf8, csv_broken (line).
 */
export function parseCsv(bytes: Uint8Array, path: string): readonly CsvRecord[] {
  if (bytes.length > CSV_BYTES_MAX) {
    throw new CodedError('csv_too_large', `${path} has ${bytes.length} bytes where ${CSV_BYTES_MAX} are taken`, {
      fields: { path, bytes: bytes.length, bytesMax: CSV_BYTES_MAX },
      advice: 'Split the file; each part may be imported on its own.',
    });
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new CodedError('csv_not_utf8', `${path} is not UTF-8`, {
      cause,
      fields: { path },
      advice: 'Save it as "CSV UTF-8".',
    });
  }
  return new Reader(text, path).records();
}

class Reader {
  readonly #text: string;
  readonly #path: string;
  readonly #delimiter: string;
  #at = 0;
  #line = 1;

  constructor(text: string, path: string) {
    this.#text = text;
    this.#path = path;
    const [first = ''] = text.split(/\r?\n/, 1);
    this.#delimiter = first.includes(';') && !first.includes(',') ? ';' : ',';
  }

  records(): readonly CsvRecord[] {
    const records: CsvRecord[] = [];
    while (this.#at < this.#text.length) {
      const start = this.#at;
      const line = this.#line;
      const cells = this.#record();
      if (/^\r?\n$/.test(this.#text.slice(start, this.#at))) continue;
      const wanted = records[0]?.cells.length ?? cells.length;
      if (cells.length !== wanted) throw this.#broken(line, `${cells.length} cells where the first line has ${wanted}`);
      records.push({ line, cells: cells.map(unguarded) });
    }
    return records;
  }

  #record(): readonly string[] {
    const cells: string[] = [];
    for (;;) {
      const line = this.#line;
      const cell = this.#text[this.#at] === '"' ? this.#quoted() : this.#plain();
      if (cell.length > CSV_CELL_CHARS_MAX) throw this.#broken(line, `a cell of over ${CSV_CELL_CHARS_MAX} characters`);
      cells.push(cell);
      if (this.#text[this.#at] === this.#delimiter) {
        this.#at += 1;
        continue;
      }
      if (this.#text[this.#at] === '\r') this.#at += 1;
      this.#at += 1;
      this.#line += 1;
      return cells;
    }
  }

  /** A cell up to its delimiter, the end of its line or of the file; only a whole line break may hold a CR. */
  #plain(): string {
    const start = this.#at;
    const stop = this.#delimiter === ';' ? /[;"\r\n]/g : /[,"\r\n]/g;
    stop.lastIndex = start;
    this.#at = stop.exec(this.#text)?.index ?? this.#text.length;
    const mark = this.#text[this.#at];
    if (mark === '"') throw this.#broken(this.#line, 'a quote in the middle of a cell');
    if (mark === '\r' && this.#text[this.#at + 1] !== '\n') throw this.#broken(this.#line, 'half a line break');
    return this.#text.slice(start, this.#at);
  }

  /** A cell in quotes, in which two quotes stand for one. */
  #quoted(): string {
    const opened = this.#line;
    let cell = '';
    for (let from = this.#at + 1; ; from = this.#at + 1) {
      const end = this.#text.indexOf('"', from);
      if (end < 0) throw this.#broken(opened, 'a quote that is not closed');
      const part = this.#text.slice(from, end);
      cell += part;
      this.#line += part.split('\n').length - 1;
      this.#at = end + 1;
      if (this.#text[this.#at] !== '"') break;
      cell += '"';
    }
    const after = this.#text.slice(this.#at, this.#at + 2);
    const isEnd = after === '' || after.startsWith(this.#delimiter) || /^\r?\n/.test(after);
    if (!isEnd) throw this.#broken(this.#line, 'something after a closing quote');
    return cell;
  }

  #broken(line: number, what: string): CodedError {
    return new CodedError('csv_broken', `${this.#path} line ${line}: ${what}`, {
      fields: { path: this.#path, line },
      advice: 'Mend that line, or save the table as CSV anew.',
    });
  }
}

/** A record as a line: quoted where RFC 4180 asks for it, and guarded against formulas. */
export function csvLine(cells: readonly string[]): string {
  return cells.map((cell) => quoted(guarded(cell))).join(',');
}

function quoted(cell: string): string {
  return /[",\r\n;]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function guarded(cell: string): string {
  return FORMULA.test(cell) ? `'${cell}` : cell;
}

function unguarded(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell;
}
