import { type CodedError, codeOf, messageOf } from '../base/errors.ts';
import type { Json } from '../base/json.ts';

/** Exit codes, as `blockmesh help` documents them. */
export const EXIT_DONE = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
export const EXIT_FINDINGS = 3;
export const EXIT_DENIED = 4;
export const EXIT_UNWELL = 5;

/** Prints a result: JSON on one line, or the words of `text`. */
export function print(result: Json, isJson: boolean, text: () => string): void {
  process.stdout.write(`${isJson ? jsonText(result) : text()}\n`);
}

/** JSON on one line; what JSON lets through but a terminal obeys is written as \u…, which is the same JSON. */
export function jsonText(value: Json): string {
  return JSON.stringify(value).replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) =>
    Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
      .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** Prints a failure: what happened, to what, and what to do. */
export function printError(error: unknown, isJson: boolean): void {
  const { code = codeOf(error) ?? 'internal_error', fields = {}, advice } = error as Partial<CodedError>;
  const message = messageOf(error);
  if (isJson) {
    process.stderr.write(`${jsonText({ error: { code, message, fields, advice: advice ?? null } })}\n`);
    return;
  }
  process.stderr.write(`blockmesh: ${plain(message)} [${code}]\n${advice === undefined ? '' : `${plain(advice)}\n`}`);
  // A bug of ours: whoever reports it needs the place.
  if (code === 'internal_error' && error instanceof Error) process.stderr.write(`${error.stack}\n`);
}

/** Rows with aligned columns; control characters that a name might smuggle to the terminal are shown, not sent. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Text from the ledger, safe on a terminal. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
