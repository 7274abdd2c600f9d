import { CodedError } from '../base/errors.ts';

/** Whether what was to be read has been lost: then what else there is can still be brought. */
export function isLost(error: unknown): error is CodedError {
  return error instanceof CodedError && (error.code === 'chunk_missing' || error.code === 'chunk_rotten');
}
