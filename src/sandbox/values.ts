import { CodedError } from '../base/errors.ts';
import { isJsonObject, type Json } from '../base/json.ts';
import { STATE_KEY_BYTES_MAX } from '../base/limits.ts';
import { encodeValue } from '../format/codec.ts';

/** Values that cross from a dapp into the ledger. */

function refuse(reason: string): never {
  throw new CodedError('value_refused', `not a value of the ledger: ${reason}`, { fields: { reason } });
}

/**
 * The ledger's value of `json`, which has passed the strict parser: bytes for `{"/": {"bytes": base64}}`. The
 * member `/` has no other use.
 * @throws value_refused with `reason`.
 */
function ledgerValue(json: Json): unknown {
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map(ledgerValue);
  const members = Object.entries(json);
  if (members.some(([name]) => name === '/')) return ledgerBytes(json);
  return Object.fromEntries(members.map(([name, member]) => [name, ledgerValue(member)]));
}

function ledgerBytes(json: Json): Uint8Array {
  const inner = isJsonObject(json) && Object.keys(json).length === 1 ? json['/'] : undefined;
  const text = isJsonObject(inner) && Object.keys(inner).length === 1 ? inner.bytes : undefined;
  if (typeof text !== 'string') refuse('the member / is not of the form {"/": {"bytes": base64}}');
  const bytes = Buffer.from(text, 'base64');
  // RFC 4648 section 4; the padding may be left out, stray bits and foreign letters may not be there.
  const canonical = bytes.toString('base64');
  if (text !== canonical && text !== canonical.replace(/=+$/, '')) refuse('bytes are not in base64');
  return new Uint8Array(bytes);
}

/**
 * Size in bytes of `json` in the ledger's canonical form.
 * @throws value_refused with `reason`: bad bytes, nesting or items over the codec's caps.
 */
export function ledgerBytesOf(json: Json): number {
  const value = ledgerValue(json);
  try {
    return encodeValue(value).length;
  } catch (error) {
    if (error instanceof CodedError) refuse(error.message);
    throw error;
  }
}

export function isStateKey(value: Json | undefined): value is string {
  return typeof value === 'string' && value.length > 0 && Buffer.byteLength(value) <= STATE_KEY_BYTES_MAX;
}
