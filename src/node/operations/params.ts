import { CodedError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';

/** Readers of an operation's parameters, which nobody has checked. @throws bad_params. */

export function textOf(params: JsonObject, name: string): string {
  const value = params[name];
  if (typeof value !== 'string') throw new CodedError('bad_params', `${name} must be text`, { fields: { name } });
  return value;
}

export function integerOf(params: JsonObject, name: string, most = Number.MAX_SAFE_INTEGER): number {
  const value = params[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > most) {
    throw new CodedError('bad_params', `${name} must be a whole number up to ${most}`, { fields: { name } });
  }
  return value;
}
