import { CodedError } from '../base/errors.ts';
import { outputOf } from './program-beside.ts';

/**
 * What SQLite's own check of the whole file says; nothing when the file is sound. Nobody may write to it meanwhile. By a
 * process of its own: every page of a ledger takes seconds, on a card a minute, too long for the thread that reads badges.
 * @throws verify_stopped when `signal` ends it, file_check.
 */
export async function fileFaults(path: string, signal: AbortSignal): Promise<readonly string[]> {
  const stdout = await outputOf('file-check-main', [path], signal);
  if (signal.aborted) {
    throw new CodedError('verify_stopped', 'the node stops; the ledger was not verified', { advice: 'Try again.' });
  }
  const faults = faultsOf(stdout);
  if (faults !== null) return faults;
  throw new CodedError('file_check', `the process that checks ${path} ended before it had said anything`, {
    fields: { path },
    advice: 'Try again; look for what ended it in the log of the system.',
  });
}

/** @returns null when it was ended before it had said what it found. */
function faultsOf(stdout: string): readonly string[] | null {
  try {
    return (JSON.parse(stdout) as { readonly faults: readonly string[] }).faults;
  } catch {
    return null;
  }
}
