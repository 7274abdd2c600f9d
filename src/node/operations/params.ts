import { CodedError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';

/** Readers of an operation's parameters, which nobody has checked. @throws bad_params. */

export function textOf(params: JsonObject, name: string): string {
  const value = params[name];
  if (typeof value !== 'string') throw badParams(name, 'text');
  return value;
}

export function integerOf(params: JsonObject, name: string, most = Number.MAX_SAFE_INTEGER): number {
  const value = params[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > most) {
    throw badParams(name, `a whole number up to ${most}`);
  }
  return value;
}

export function badParams(name: string, what: string): CodedError {
  return new CodedError('bad_params', `${name} must be ${what}`, { fields: { name } });
}
