import { CodedError } from '../base/errors.ts';
import { CSV_BYTES_MAX, CSV_CELL_CHARS_MAX } from '../base/limits.ts';

/** A record of a table, RFC 4180, and the line of the file it ends on. */
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
 * Empty lines are passed over. Every record has as many cells as the first.
 * @throws csv_too_large, csv_not_utf8, csv_broken (line).
 */
export async function parseCsv(bytes: Uint8Array, path: string): Promise<readonly CsvRecord[]> {
  // Loaded where it is wanted: it would cost every other command, and the node, a tenth of a second and its memory.
  const { CsvError, parse } = await import('csv-parse/sync');
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
  const [first = ''] = text.split(/\r?\n/, 1);
  const delimiter = first.includes(';') && !first.includes(',') ? ';' : ',';
  try {
    const options = { delimiter, info: true, skip_empty_lines: true, max_record_size: 16 * CSV_CELL_CHARS_MAX };
    const records = parse(text, options) as unknown as { info: { lines: number }; record: string[] }[];
    return records.map(({ info, record }) => ({ line: info.lines, cells: record.map(unguarded) }));
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const line = Number(cause.lines ?? 0);
    throw new CodedError('csv_broken', `${path} line ${line}: ${cause.message}`, { cause, fields: { path, line } });
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
