import { CID } from 'multiformats/cid';
import { CodedError } from '../base/errors.ts';
import { isJsonObject, type Json } from '../base/json.ts';
import { decodeValue, encodeValue } from './codec.ts';

/**
 * Dapps speak JSON; the ledger keeps canonical bytes. Integers within ±(2^53 − 1), text, booleans, null, lists and
 * maps stand for themselves; bytes are written `{"/": {"bytes": "<base64 without padding>"}}`. Links do not cross.
 */

/** @throws json_number for fractions and numbers out of range; json_bytes; the `cbor_…` codes of `encodeValue`. */
export function encodeJson(json: Json): Uint8Array {
  return encodeValue(toValue(json));
}

/** @throws the `cbor_…` codes of `decodeValue`; json_link when the value holds a link. */
export function decodeJson(bytes: Uint8Array, bytesMax: number): Json {
  return fromValue(decodeValue(bytes, bytesMax));
}

function toValue(json: Json): unknown {
  if (typeof json === 'number' && !Number.isSafeInteger(json)) {
    throw new CodedError('json_number', `${json} is not an integer within ±(2^53 − 1)`);
  }
  if (Array.isArray(json)) return json.map(toValue);
  if (!isJsonObject(json)) return json;
  if (Object.hasOwn(json, '/')) return toBytes(json);
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, toValue(value)]));
}

function toBytes(json: { readonly [key: string]: Json }): Uint8Array {
  const inner = json['/'];
  const text = isJsonObject(inner) && Object.keys(inner).length === 1 ? inner.bytes : undefined;
  if (typeof text !== 'string' || Object.keys(json).length !== 1) {
    throw new CodedError('json_bytes', 'the key "/" stands only in {"/": {"bytes": "<base64>"}}');
  }
  const bytes = Buffer.from(text, 'base64');
  if (unpadded(bytes) !== text) throw new CodedError('json_bytes', 'bytes are base64 without padding');
  return new Uint8Array(bytes);
}

function fromValue(value: unknown): Json {
  if (value instanceof Uint8Array) return { '/': { bytes: unpadded(value) } };
  if (Array.isArray(value)) return value.map(fromValue);
  if (typeof value !== 'object' || value === null) return value as Json;
  if (value instanceof CID) throw new CodedError('json_link', 'a link does not cross into JSON');
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fromValue(item)]));
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}
