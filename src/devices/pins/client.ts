import { connect, type Socket } from 'node:net';
import { assert } from '../../base/assert.ts';
import { CodedError } from '../../base/errors.ts';
import {
  PINS_LINE_BYTES_MAX,
  PINS_OUTPUTS_MAX,
  PINS_PENDING_MAX,
  PINS_RECORDS_MAX,
  PINS_RECORDS_PAGE_MAX,
  PINS_REPLY_MS_MAX,
} from '../../base/limits.ts';
import {
  isPinsName,
  type PinsEvent,
  type PinsKind,
  type PinsOutput,
  type PinsRecord,
  parseEvent,
  parseNumber,
  parseOutput,
  parseRecord,
  parseTime,
  protocolFault,
} from './protocol.ts';

interface ConnectOptions {
  readonly socketPath: string;
  /** Default PINS_REPLY_MS_MAX. */
  readonly replyTimeoutMs?: number;
}

/** What a pulse or a hold was answered with. */
interface PinsGrant {
  readonly seq: number;
  /** CLOCK_MONOTONIC, the clock of `process.hrtime.bigint()`. */
  readonly onNs: bigint;
}

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
]);
const BODY_LINES_MAX = Math.max(PINS_RECORDS_PAGE_MAX, PINS_OUTPUTS_MAX);
const PAGES_MAX = PINS_RECORDS_MAX / PINS_RECORDS_PAGE_MAX + 1;

function offline(cause?: unknown): CodedError {
  return new CodedError('pins_offline', 'the pins process is not connected', {
    cause,
    advice: 'see whether blockmesh-pins runs; it starts before the node',
  });
}

/**
 * One connection to the pins process. Requests may overlap and are answered in order; each is rejected with
 * `pins_timeout`, `pins_offline`, `pins_busy` (PINS_PENDING_MAX unanswered), `pins_protocol`, or `pins_` and the code
 * of PROTOCOL.md. After `pins_timeout` the request may still be carried out: ask again with the same id, which never
 * pulses twice. A connection that is lost stays lost; connect anew.
 */
export class PinsClient {
  /** Random for each start of the pins process: sequence numbers of another epoch mean nothing. */
  readonly epoch: string;
  readonly #link: Link;

  constructor(epoch: string, link: Link) {
    this.epoch = epoch;
    this.#link = link;
  }

  /** Turns `output` on for `ms`; it ends by itself. An id that is remembered is answered, not pulsed again. */
  pulse(output: string, ms: number, id: string): Promise<PinsGrant> {
    assert(isPinsName(output) && isPinsName(id), 'an output and an id are names');
    assert(Number.isSafeInteger(ms) && ms > 0, 'a pulse has a whole number of milliseconds');
    return this.#grant('pulse', `pulse ${output} ${ms} ${id}`, id);
  }

  /** Turns `output` on until release, its longest time, or the loss of this connection. */
  hold(output: string, id: string): Promise<PinsGrant> {
    assert(isPinsName(output) && isPinsName(id), 'an output and an id are names');
    return this.#grant('hold', `hold ${output} ${id}`, id);
  }

  /** Ends whatever keeps `output` on, whoever asked for it. */
  async release(output: string): Promise<void> {
    assert(isPinsName(output), 'an output is a name');
    await this.#link.request('release', `release ${output}`);
  }

  async list(): Promise<readonly PinsOutput[]> {
    const { body } = await this.#link.request('list', 'list');
    return body.map(parseOutput);
  }

  /** Every remembered record with a sequence number above `since`, oldest first. */
  async records(since: number): Promise<readonly PinsRecord[]> {
    assert(Number.isSafeInteger(since) && since >= 0, 'sequence numbers are whole');
    const records: PinsRecord[] = [];
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const { body } = await this.#link.request('records', `records ${records.at(-1)?.seq ?? since}`);
      records.push(...body.map(parseRecord));
      if (body.length < PINS_RECORDS_PAGE_MAX) break;
    }
    return records;
  }

  /** Calls `listener` for every record that begins or ends from now on. Once for a connection. */
  async watch(listener: (event: PinsEvent) => void): Promise<void> {
    this.#link.setListener(listener);
    await this.#link.request('watch', 'watch');
  }

  /** Calls `listener` once when the connection ends, by `close` too; at once when it has ended. */
  onClose(listener: () => void): void {
    this.#link.onClose(listener);
  }

  /** Resolves when the connection is closed; holds of this connection end. May be called more than once. */
  close(): Promise<void> {
    return this.#link.close();
  }

  #grant(kind: PinsKind, text: string, id: string): Promise<PinsGrant> {
    return this.#link.request(kind, text).then(({ words, line }) => {
      if (words[0] !== id) throw protocolFault(line);
      return { seq: parseNumber(words[1], line), onNs: parseTime(words[2], line) };
    });
  }
}

/** Lines over the socket: requests out, replies matched to them in order, events to the listener. */
class Link {
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

/**
 * Connects and agrees on the version.
 * @throws pins_offline when nobody listens, pins_timeout, pins_too_many_clients, pins_unknown_version, pins_protocol
 */
export async function connectPins(options: ConnectOptions): Promise<PinsClient> {
  const link = new Link(options.socketPath, options.replyTimeoutMs ?? PINS_REPLY_MS_MAX);
  try {
    const { words, line } = await link.request('hello', 'hello 1');
    const [version, epoch = ''] = words;
    if (version !== '1' || !/^[0-9a-f]{16}$/.test(epoch)) throw protocolFault(line);
    return new PinsClient(epoch, link);
  } catch (error) {
    await link.close();
    throw error;
  }
}
