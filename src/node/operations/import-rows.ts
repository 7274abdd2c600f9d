import { CodedError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { IMPORT_ROWS_MAX } from '../../base/limits.ts';

/** One row of a table of members. What is absent says nothing; null and an empty list clear what is there. */
export interface ImportRow {
  /** Where it stands in the file, for whoever has to mend it. */
  readonly line: number;
  readonly name: string;
  readonly email?: string | null;
  readonly groups?: readonly string[];
  readonly roles?: readonly string[];
  readonly family?: string | null;
  readonly permanent?: boolean;
  readonly plan?: string;
  readonly from?: number;
  /** Null: with no end. */
  readonly until?: number | null;
  /** Numbers as printed on cards, each with the column it stands in. */
  readonly badges: readonly { readonly column: string; readonly number: string }[];
}

/** Something in the table that keeps all of it from being imported. */
export interface ImportProblem {
  readonly line: number;
  readonly column: string;
  readonly code: string;
  readonly message: string;
}

/** `rows` as the command line sends them. @throws bad_params, import_too_long. */
export function importRows(params: JsonObject): readonly ImportRow[] {
  const { rows } = params;
  if (!Array.isArray(rows) || !rows.every(isRow)) throw new CodedError('bad_params', 'rows must be rows of members');
  if (rows.length > IMPORT_ROWS_MAX) {
    throw new CodedError('import_too_long', `${rows.length} rows where ${IMPORT_ROWS_MAX} are taken at once`, {
      fields: { rows: rows.length, rowsMax: IMPORT_ROWS_MAX },
      advice: 'Split the file; each part may be imported on its own.',
    });
  }
  return rows as unknown as readonly ImportRow[];
}

function isRow(row: Json): boolean {
  if (!isJsonObject(row)) return false;
  const { line, name, email = '', groups = [], roles = [], family = '', permanent = false } = row;
  const { plan = '', from = 0, until = 0, badges } = row;
  return (
    [line, from, until ?? 0].every((value) => Number.isSafeInteger(value)) &&
    [name, email ?? '', family ?? '', plan].every((value) => typeof value === 'string') &&
    typeof permanent === 'boolean' &&
    [groups, roles].every((list) => Array.isArray(list) && list.every((one: Json) => typeof one === 'string')) &&
    Array.isArray(badges) &&
    badges.every(
      (badge: Json) => isJsonObject(badge) && typeof badge.column === 'string' && typeof badge.number === 'string',
    )
  );
}
