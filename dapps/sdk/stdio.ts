import process from 'node:process';
import { LineSplitter } from './lines.ts';

/**
 * The one file of the SDK that touches Node. A bundle for QuickJS holds its twin,
 * `stdio-quickjs.ts`, in its place and keeps all the rest.
 */

/** The way out: lines to the node, words to the log, and the end of the process. */
export interface Wire {
  /** Sends one line; `line` has no newline. Lines sent in one turn leave in one write. */
  send(line: string): void;
  /** One line for the dapp's log. */
  log(message: string): void;
  /** Ends the process as failed. The node starts it again; nothing after a broken line can be trusted. */
  fail(reason: string): never;
}

/**
 * Joins standard input and output. `receive` gets each line of input, decoded, in order. The process leaves when its
 * input ends, whatever it is doing: the node owns the other end, so this also holds when the node was killed.
 */
export function openStdio(receive: (line: string) => void): Wire {
  let waiting = '';

  const flush = (): void => {
    const lines = waiting;
    waiting = '';
    // On Linux writes to a pipe or socket are synchronous, so a slow node holds us instead of filling our memory.
    process.stdout.write(lines);
  };
  const wire: Wire = {
    send(line) {
      if (waiting === '') queueMicrotask(flush);
      waiting += `${line}\n`;
    },
    log(message) {
      process.stderr.write(`${message}\n`);
    },
    fail(reason) {
      process.stderr.write(`${reason}\n`);
      process.exit(1);
    },
  };

  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const splitter = new LineSplitter((line) => receive(decoder.decode(line)));
  process.stdin.on('data', (bytes: Uint8Array) => {
    try {
      splitter.feed(bytes);
    } catch (error) {
      wire.fail(`broken input: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
  process.stdin.on('end', () => process.exit(0));
  process.stdin.on('error', (error) => wire.fail(`input failed: ${error.message}`));
  process.stdout.on('error', (error) => wire.fail(`output failed: ${error.message}`));
  return wire;
}
