import { extname, join } from 'node:path';
import { execa } from 'execa';

const KILL_MS = 100;
const OUTPUT_BYTES_MAX = 256 * 1024;

/**
 * Runs one of our own programs in a process of its own until it ends, or `signal` ends it.
 * @param name of the file beside this one, or beside the bundle that this one went into, without its extension.
 * @returns what it said on standard output; what it said before it was ended.
 */
export async function outputOf(name: string, words: readonly string[], signal: AbortSignal): Promise<string> {
  const main = join(import.meta.dirname, `${name}${extname(import.meta.filename)}`);
  const { stdout } = await execa(process.execPath, [main, ...words], {
    cancelSignal: signal,
    forceKillAfterDelay: KILL_MS,
    stdin: 'ignore',
    stderr: 'ignore',
    reject: false,
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  return stdout;
}
