import type { Socket } from 'node:net';
import {
  PINS_BAD_REQUESTS_MAX,
  PINS_CLOSING_MS_MAX,
  PINS_LINE_BYTES_MAX,
  PINS_OUT_BYTES_MAX,
  PINS_STALL_MS_MAX,
} from '../../base/limits.ts';
import type { Board } from './board.ts';
import { answerRequest } from './requests.ts';

interface ConnectionOptions {
  readonly socket: Socket;
  readonly serial: number;
  readonly board: Board;
  readonly epoch: string;
  /** Reads the options file and makes it hold. @throws CodedError */
  readonly reload: () => { readonly added: number; readonly removed: number };
  /** Called after each request that was answered and when the connection is lost: events and due times changed. */
  readonly onChange: () => void;
  readonly onClosed: () => void;
}

/** So many lines are answered before timers and the other connections get their turn. */
const LINES_PER_TURN = 16;

/** One client of the pins process: its bounded buffers, its turn, its end. */
export class Connection {
  readonly #options: ConnectionOptions;
  #in = '';
  #isWatching = false;
  #isClosing = false;
  #hasEnded = false;
  #isTurnSet = false;
  #badInARow = 0;
  #stallTimer: NodeJS.Timeout | undefined;
  #closeTimer: NodeJS.Timeout | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { socket } = options;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.#hear(text));
    socket.on('end', () => this.#end());
    // The loss itself is told by 'close', which always follows.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#closed());
  }

  get isWatching(): boolean {
    return this.#isWatching;
  }

  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Sends one or more lines; a client with too much unread is dropped. */
  say(lines: readonly string[]): void {
    const { socket } = this.#options;
    if (!socket.writable) return;
    const text = `${lines.join('\n')}\n`;
    if (socket.writableLength + text.length > PINS_OUT_BYTES_MAX) {
      socket.destroy();
      return;
    }
    socket.write(text, 'latin1', () => this.#written());
    this.#armStall();
  }

  /** Says no more and hears no more: closes once the peer has had the time to read its last line. */
  beginClose(): void {
    if (this.#isClosing) return;
    const { socket, board, serial } = this.#options;
    this.#isClosing = true;
    this.#isWatching = false;
    this.#in = '';
    const closeAfter = (ms: number) => {
      clearTimeout(this.#closeTimer);
      if (!socket.destroyed) this.#closeTimer = setTimeout(() => socket.destroy(), ms);
    };
    closeAfter(PINS_STALL_MS_MAX);
    socket.end(() => closeAfter(PINS_CLOSING_MS_MAX));
    socket.resume();
    board.outputs.ownerGone(serial);
    this.#options.onChange();
  }

  #hear(text: string): void {
    if (this.#isClosing) return;
    this.#in += text;
    this.#answer();
  }

  #end(): void {
    this.#hasEnded = true;
    this.#answer();
  }

  #closed(): void {
    const { board, serial, onClosed, onChange } = this.#options;
    clearTimeout(this.#stallTimer);
    clearTimeout(this.#closeTimer);
    this.#isClosing = true;
    board.outputs.ownerGone(serial);
    onClosed();
    onChange();
  }

  #answer(): void {
    const { socket } = this.#options;
    for (let count = 0; !this.#isClosing; count += 1) {
      if (socket.writableLength > PINS_OUT_BYTES_MAX / 2) {
        socket.pause();
        return;
      }
      const end = this.#in.indexOf('\n');
      if (end >= PINS_LINE_BYTES_MAX || (end < 0 && this.#in.length >= PINS_LINE_BYTES_MAX)) {
        this.say([`error line_too_long a line has at most ${PINS_LINE_BYTES_MAX} bytes`]);
        this.beginClose();
        return;
      }
      if (end < 0) break;
      if (count === LINES_PER_TURN) {
        this.#takeTurnLater();
        return;
      }
      const line = this.#in.slice(0, end);
      this.#in = this.#in.slice(end + 1);
      this.#answerLine(line);
    }
    if (this.#hasEnded) this.beginClose();
    else socket.resume();
  }

  #takeTurnLater(): void {
    this.#options.socket.pause();
    if (this.#isTurnSet) return;
    this.#isTurnSet = true;
    setImmediate(() => {
      this.#isTurnSet = false;
      this.#answer();
    });
  }

  #answerLine(line: string): void {
    const { board, epoch, serial, reload, onChange } = this.#options;
    const watch = () => {
      this.#isWatching = true;
    };
    const { lines, isForm } = answerRequest({ board, epoch, serial, watch, reload }, line);
    this.#badInARow = isForm ? this.#badInARow + 1 : 0;
    if (this.#badInARow >= PINS_BAD_REQUESTS_MAX) {
      this.say([`error too_many_errors ${PINS_BAD_REQUESTS_MAX} malformed requests in a row`]);
      this.beginClose();
      return;
    }
    this.say(lines);
    onChange();
  }

  #written(): void {
    clearTimeout(this.#stallTimer);
    this.#stallTimer = undefined;
    this.#armStall();
    const { socket } = this.#options;
    if (socket.isPaused() && !this.#isTurnSet && socket.writableLength <= PINS_OUT_BYTES_MAX / 2) this.#answer();
  }

  #armStall(): void {
    const { socket } = this.#options;
    if (socket.destroyed || socket.writableLength === 0) return;
    this.#stallTimer ??= setTimeout(() => socket.destroy(), PINS_STALL_MS_MAX);
  }
}
