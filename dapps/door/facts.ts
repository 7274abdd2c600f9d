import type { Call, Outcome } from '../sdk/contract.ts';
import { lastKey } from './records.ts';

/**
 * Facts `granted` and `denied`: it happened, so nothing here can refuse it, not even a door that is gone by the time
 * the fact is merged. Only what the door showed last is kept as state; the log itself is the ledger's.
 */
export async function recordGranted(call: Call): Promise<Outcome> {
  return recordLast(call, 'granted');
}

/** A denial at a reader without a door has no place in the state; the ledger alone keeps it. */
export async function recordDenied(call: Call): Promise<Outcome> {
  return recordLast(call, 'denied');
}

function recordLast({ body, block, index, at }: Call, result: 'granted' | 'denied'): Outcome {
  const { door, ...fact } = body;
  if (typeof door !== 'string') return { writes: [] };
  return { writes: [{ key: lastKey(door), value: { ...fact, result, block, index, ms: at.ms, quality: at.quality } }] };
}
