import { JSON_DEPTH_MAX } from './limits.ts';

/** A value of the line protocol: JSON whose numbers are integers within ±(2^53 − 1). */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const LONE_SURROGATE = /[\ud800-\udfff]/u;

/**
 * Why `value` cannot travel, or null when it can. JSON.stringify would let a fraction through, drop an undefined
 * field and turn NaN into null; each of those makes two nodes disagree or hides a bug, so they are named instead.
 * Lone surrogates have no UTF-8, and `__proto__` is not a field like others: the node ends a dapp that sends either.
 */
export function whyNotJson(value: unknown, depth = 0): string | null {
  if (value === null || typeof value === 'boolean') return null;
  if (typeof value === 'string') return LONE_SURROGATE.test(value) ? 'text with a lone surrogate' : null;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? null : `${value} is not a safe integer`;
  if (typeof value !== 'object') return `${typeof value} is not JSON`;
  if (depth >= JSON_DEPTH_MAX) return `nested deeper than ${JSON_DEPTH_MAX}`;
  if (Array.isArray(value)) return firstReason(value, depth);
  const names = Object.keys(value);
  if (names.includes('__proto__')) return 'a field named __proto__';
  return firstReason(names, depth) ?? firstReason(Object.values(value), depth);
}

function firstReason(values: readonly unknown[], depth: number): string | null {
  for (const value of values) {
    const reason = whyNotJson(value, depth + 1);
    if (reason !== null) return reason;
  }
  return null;
}
