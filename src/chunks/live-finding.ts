import { CodedError } from '../base/errors.ts';

/** What was read, or what is wrong with it. */
export async function read<Value>(what: () => Promise<Value>): Promise<Value | CodedError> {
  try {
    return await what();
  } catch (error) {
    return asFinding(error);
  }
}

/** Those of what was brought, not of the bringing. */
const FINDING = /^(?:chunk_missing|chunk_rotten|(?:list|entry|directory|snapshot)_form|cbor_.*)$/;

export function asFinding(error: unknown): CodedError {
  if (error instanceof CodedError && FINDING.test(error.code)) return error;
  throw error;
}
