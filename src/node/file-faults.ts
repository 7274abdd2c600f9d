import { extname, join } from 'node:path';
import { execa } from 'execa';
import { CodedError } from '../base/errors.ts';

/** Every page of a ledger takes seconds, on a card a minute: too long for the thread that reads badges. */

/**
 * What SQLite's own check of the whole file says, by a process of its own; nothing when the file is sound. Nobody may write
 * to it meanwhile. @throws verify_stopped when `signal` ends it, file_check.
 */
export async function fileFaults(path: string, signal: AbortSignal): Promise<readonly string[]> {
  // Beside this file, or beside the bundle that this file went into.
  const main = join(import.meta.dirname, `file-check-main${extname(import.meta.filename)}`);
  const { stdout } = await execa(process.execPath, [main, path], {
    cancelSignal: signal,
    forceKillAfterDelay: 100,
    stdin: 'ignore',
    stderr: 'ignore',
    reject: false,
    maxBuffer: 256 * 1024,
  });
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
