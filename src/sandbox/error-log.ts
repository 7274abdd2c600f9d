import type { Readable } from 'node:stream';
import {
  DAPP_ERROR_LOG_BYTES_PER_S_MAX,
  DAPP_ERROR_LOG_LINE_BYTES_MAX,
  DAPP_ERROR_LOG_LINES_PER_S_MAX,
} from '../base/limits.ts';
import type { Log } from './log.ts';

const LF = 10;
const WINDOW_MS = 1_000;

/**
 * Hands a dapp's standard error to the log, line by line. Longer lines are cut at DAPP_ERROR_LOG_LINE_BYTES_MAX, bad
 * UTF-8 is replaced, control characters are escaped. In any second at most DAPP_ERROR_LOG_LINES_PER_S_MAX lines are
 * logged and the rest counted; past DAPP_ERROR_LOG_BYTES_PER_S_MAX bytes the stream is not read until the second is
 * over, so that a dapp that floods waits instead of the node.
 */
export function logErrors(stream: Readable, dapp: string, log: Log): void {
  let held = Buffer.alloc(0);
  let cutting = false;
  let lines = 0;
  let bytes = 0;
  let dropped = 0;
  let window: NodeJS.Timeout | undefined;

  const closeWindow = (): void => {
    clearTimeout(window);
    window = undefined;
    if (dropped > 0) log.warn({ dapp, dropped }, 'lines of standard error were dropped');
    lines = 0;
    bytes = 0;
    dropped = 0;
    if (stream.isPaused()) stream.resume();
  };
  const say = (line: Buffer): void => {
    if (++lines > DAPP_ERROR_LOG_LINES_PER_S_MAX) dropped++;
    else log.info({ dapp, line: printable(line) }, 'standard error');
  };
  const hold = (piece: Buffer): void => {
    if (cutting) return;
    const room = DAPP_ERROR_LOG_LINE_BYTES_MAX - held.length;
    cutting = piece.length > room;
    // A copy of the piece, so that a short rest does not keep its whole chunk.
    held = Buffer.concat([held, piece.subarray(0, room)]);
  };

  stream.on('data', (chunk: Buffer) => {
    window ??= setTimeout(closeWindow, WINDOW_MS);
    bytes += chunk.length;
    let from = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, from)) {
      hold(chunk.subarray(from, end));
      from = end + 1;
      say(held);
      held = Buffer.alloc(0);
      cutting = false;
    }
    if (from < chunk.length) hold(chunk.subarray(from));
    if (bytes > DAPP_ERROR_LOG_BYTES_PER_S_MAX) stream.pause();
  });
  stream.on('error', (error) => log.warn({ dapp, error: error.message }, 'standard error broke'));
  stream.on('close', () => {
    if (held.length > 0) say(held);
    closeWindow();
  });
}

/** Text that cannot move a terminal's cursor. */
function printable(line: Buffer): string {
  return line.toString('utf8').replace(/\p{Cc}/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
