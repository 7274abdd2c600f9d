import { CodedError } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { LINE_BYTES_MAX, SCAN_ROWS_MAX, STATE_KEY_BYTES_MAX } from '../base/limits.ts';
import type { StatePage, StateReader } from '../ledger/state.ts';
import type { Manifest } from './manifest.ts';
import { isStateKey } from './values.ts';

/** Room for rows in an answer; one row of the largest key and value fits however its text is escaped. */
const PAGE_BYTES_MAX = LINE_BYTES_MAX / 2;

/** Answers `read {dapp?, key}`. @throws bad_params, not_permitted */
export function answerRead(manifest: Manifest, reader: StateReader, params: JsonObject): Json {
  const { dapp = manifest.name, key } = checkParams('read', params, ['dapp', 'key']);
  if (!isStateKey(key)) throw badParams('read', 'key');
  return { value: reader.read(permittedDapp(manifest, 'read', dapp), key) };
}

/** Answers `scan {dapp?, prefix, after?, limit?}`. @throws bad_params, not_permitted */
export function answerScan(manifest: Manifest, reader: StateReader, params: JsonObject): Json {
  const checked = checkParams('scan', params, ['dapp', 'prefix', 'after', 'limit']);
  const { dapp = manifest.name, prefix, after = null, limit = SCAN_ROWS_MAX } = checked;
  if (typeof prefix !== 'string' || Buffer.byteLength(prefix) > STATE_KEY_BYTES_MAX) throw badParams('scan', 'prefix');
  if (after !== null && !isStateKey(after)) throw badParams('scan', 'after');
  if (typeof limit !== 'number' || limit < 1 || limit > SCAN_ROWS_MAX) throw badParams('scan', 'limit');
  return fitPage(reader.scan(permittedDapp(manifest, 'scan', dapp), prefix, after, limit));
}

/** As many rows as fit in a line, at least one; which ones depends on the rows alone. */
function fitPage(page: StatePage): Json {
  const rows: Json[] = [];
  let bytes = 0;
  for (const { key, value } of page.rows) {
    bytes += Buffer.byteLength(JSON.stringify({ key, value }));
    if (bytes > PAGE_BYTES_MAX && rows.length > 0) return { rows, more: true };
    rows.push({ key, value });
  }
  return { rows, more: page.more };
}

function permittedDapp(manifest: Manifest, method: string, dapp: Json): string {
  if (typeof dapp !== 'string') throw badParams(method, 'dapp');
  if (dapp !== manifest.name && !manifest.reads.includes(dapp)) {
    throw new CodedError('not_permitted', `${manifest.name} may not see the state of ${dapp}`, {
      fields: { dapp },
      advice: 'Name the dapp in `reads` of the manifest.',
    });
  }
  return dapp;
}

/** Refuses members that are not `allowed`. @throws bad_params */
export function checkParams(method: string, params: JsonObject, allowed: readonly string[]): JsonObject {
  for (const member of Object.keys(params)) {
    if (!allowed.includes(member)) throw badParams(method, member);
  }
  return params;
}

export function badParams(method: string, member: string): CodedError {
  return new CodedError('bad_params', `${method}: bad or unknown ${member}`, { fields: { method, member } });
}
