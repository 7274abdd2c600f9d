import { connect, type Socket } from 'node:net';
import { assert } from '../../base/assert.ts';
import { CodedError } from '../../base/errors.ts';
import {
  PINS_INPUTS_MAX,
  PINS_LINE_BYTES_MAX,
  PINS_OUTPUTS_MAX,
  PINS_PENDING_MAX,
  PINS_RECORDS_PAGE_MAX,
} from '../../base/limits.ts';
import { type PinsEvent, parseEvent } from './events.ts';
import { protocolFault } from './protocol.ts';

/** A reply: the lines before the last, and the words of the last after `ok COMMAND`. */
interface Reply {
  readonly body: readonly string[];
  readonly words: readonly string[];
  readonly line: string;
}

interface Pending {
  readonly command: string;
  readonly body: string[];
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: CodedError) => void;
  readonly timer: NodeJS.Timeout;
}

/** The word that begins the lines before the last of a reply; most replies have no such lines. */
const BODY_WORDS: ReadonlyMap<string, string> = new Map([
  ['list', 'output'],
  ['records', 'record'],
  ['inputs', 'input'],
]);
const BODY_LINES_MAX = Math.max(PINS_RECORDS_PAGE_MAX, PINS_OUTPUTS_MAX, PINS_INPUTS_MAX);

function offline(cause?: unknown): CodedError {
  return new CodedError('pins_offline', 'the pins process is not connected', {
    cause,
    advice: 'see whether blockmesh-pins runs; it starts before the node',
  });
}

/** Lines over the socket: requests out, replies matched to them in order, events to the listener. */
export class Link {
  readonly #socket: Socket;
  readonly #replyTimeoutMs: number;
  readonly #pending: Pending[] = [];
  readonly #closeListeners: (() => void)[] = [];
  #listener: ((event: PinsEvent) => void) | undefined;
  #in = '';
  #isClosed = false;
  #cause: unknown;

  constructor(socketPath: string, replyTimeoutMs: number) {
    this.#replyTimeoutMs = replyTimeoutMs;
    this.#socket = connect({ path: socketPath });
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (text: string) => this.#hear(text));
    this.#socket.on('error', (error) => {
      this.#cause = error;
    });
    this.#socket.on('close', () => this.#closed());
  }

  request(command: string, text: string): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed || this.#socket.destroyed) {
        reject(this.#loss());
        return;
      }
      if (this.#pending.length >= PINS_PENDING_MAX) {
        reject(new CodedError('pins_busy', 'too many requests wait for the pins process'));
        return;
      }
      const pending: Pending = {
        command,
        body: [],
        resolve,
        reject,
        timer: setTimeout(() => this.#late(pending), this.#replyTimeoutMs),
      };
      this.#pending.push(pending);
      this.#socket.write(`${text}\n`, 'latin1');
    });
  }

  setListener(listener: (event: PinsEvent) => void): void {
    assert(this.#listener === undefined, 'a connection has one watcher');
    this.#listener = listener;
  }

  onClose(listener: () => void): void {
    if (this.#isClosed) listener();
    else this.#closeListeners.push(listener);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.onClose(resolve);
      this.#socket.destroy();
    });
  }

  /**
   * When this process itself stood still, the reply may be waiting unread behind the timer: look before judging. The
   * place in the queue stays, for a late reply must still meet its own request.
   */
  #late(pending: Pending): void {
    setImmediate(() => {
      pending.reject(new CodedError('pins_timeout', `no reply to ${pending.command} in ${this.#replyTimeoutMs} ms`));
    });
  }

  #hear(text: string): void {
    this.#in += text;
    try {
      for (let end = this.#in.indexOf('\n'); end >= 0; end = this.#in.indexOf('\n')) {
        const line = this.#in.slice(0, end);
        this.#in = this.#in.slice(end + 1);
        this.#hearLine(line);
      }
      if (this.#in.length >= PINS_LINE_BYTES_MAX) throw protocolFault(this.#in);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      this.#cause = error;
      this.#socket.destroy();
    }
  }

  #hearLine(line: string): void {
    if (line.length >= PINS_LINE_BYTES_MAX) throw protocolFault(line);
    if (line.startsWith('event ')) {
      const event = parseEvent(line);
      this.#listener?.(event);
      return;
    }
    const pending = this.#pending[0];
    if (pending === undefined) throw protocolFault(line);
    const words = line.split(' ');
    if (words[0] === 'ok' && words[1] === pending.command) {
      this.#settle(pending).resolve({ body: pending.body, words: words.slice(2), line });
    } else if (words[0] === 'error' && /^[a-z_]+$/.test(words[1] ?? '')) {
      this.#settle(pending).reject(
        new CodedError(`pins_${words[1]}`, words.slice(2).join(' '), { fields: { command: pending.command } }),
      );
    } else if (words[0] === BODY_WORDS.get(pending.command) && pending.body.length < BODY_LINES_MAX) {
      pending.body.push(line);
    } else {
      throw protocolFault(line);
    }
  }

  #settle(pending: Pending): Pending {
    this.#pending.shift();
    clearTimeout(pending.timer);
    return pending;
  }

  #loss(): CodedError {
    return this.#cause instanceof CodedError ? this.#cause : offline(this.#cause);
  }

  #closed(): void {
    this.#isClosed = true;
    for (const pending of this.#pending.splice(0)) {
      clearTimeout(pending.timer);
      pending.reject(this.#loss());
    }
    for (const listener of this.#closeListeners.splice(0)) listener();
  }
}
