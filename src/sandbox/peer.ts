import type { Readable, Writable } from 'node:stream';
import { AssertionFailure } from '../base/assert.ts';
import { CodedError } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { LINE_BYTES_MAX, RPC_OUTGOING_BYTES_MAX, RPC_PENDING_MAX } from '../base/limits.ts';
import { LineSplitter } from './lines.ts';
import { busyError, closedError, tooLongError, unknownMethodError } from './peer-errors.ts';
import {
  errorText,
  notificationText,
  type RpcId,
  type RpcMessage,
  readMessage,
  requestText,
  resultText,
  rpcFault,
} from './rpc-messages.ts';

/**
 * Answers one request. A CodedError thrown or rejected goes to the other side with its code, fields and advice; any
 * other error goes as `internal_error` without its words. A plain value is answered within the same turn.
 */
export type RpcHandler = (params: JsonObject) => Json | Promise<Json>;

export interface RpcPeerOptions {
  readonly input: Readable;
  /** May be the same stream as `input`: a socket, made with `allowHalfOpen`, or answers are lost at its end. */
  readonly output: Writable;
  readonly handlers: Readonly<Record<string, RpcHandler>>;
  /** Called for each notification; absent, a notification is a protocol fault. */
  readonly notified?: (method: string, params: JsonObject) => void;
  /** Called before each request is looked up; what it throws is the answer. */
  readonly admit?: (method: string) => void;
  /** The outgoing buffer has emptied after it was backed up. */
  readonly drained?: () => void;
  /** Called with an error of a handler that was not coded. */
  readonly failed?: (method: string, error: unknown) => void;
  /** Called by `end` before the streams are destroyed, while the other side has not noticed. */
  readonly ending?: () => void;
  /** Whether the other side is told, by an error without an id, what it sent that ends the connection. */
  readonly tellsFaults?: boolean;
}

interface Pending {
  readonly resolve: (result: Json) => void;
  readonly reject: (error: CodedError) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * One end of a JSON-RPC 2.0 connection over lines; both ends may call. Bounded in every direction: at most
 * RPC_PENDING_MAX calls open each way, lines of at most LINE_BYTES_MAX, RPC_OUTGOING_BYTES_MAX waiting to be written.
 * While more than a line's worth waits to be written, no further input is taken. Each message is one write.
 *
 * Whatever the other side may not do ends the peer: every open call rejects with the error that `closed` carries.
 */
export class RpcPeer {
  /**
   * Resolves once, never rejects: `rpc_closed` (an orderly end, of either side), `rpc_fault` (with `reason`),
   * `rpc_overflow`, `json_refused`, `line_too_long`, `line_not_utf8`, `line_cut`, or what `end` was given.
   */
  readonly closed: Promise<CodedError>;
  readonly #options: RpcPeerOptions;
  readonly #lines = new LineSplitter(LINE_BYTES_MAX);
  readonly #pending = new Map<number, Pending>();
  /** Calls that timed out here and may still be answered late, once each. */
  readonly #expired = new Set<number>();
  readonly #serving = new Set<RpcId>();
  readonly #resolveClosed: (error: CodedError) => void;
  #lastId = 0;
  #inputEnded = false;
  #pumping = false;
  #ended: CodedError | undefined;

  constructor(options: RpcPeerOptions) {
    this.#options = options;
    const closed = Promise.withResolvers<CodedError>();
    this.closed = closed.promise;
    this.#resolveClosed = closed.resolve;
    const { input, output } = options;
    const broken = (cause: unknown): void => this.end(closedError('the stream broke', cause));
    input.on('error', broken);
    output.on('error', broken);
    input.on('readable', () => this.#pump());
    input.on('end', () => {
      this.#inputEnded = true;
      this.#pump();
    });
    input.on('close', () => {
      if (!this.#inputEnded) this.end(closedError('the stream was closed'));
    });
    output.on('drain', () => {
      this.#pump();
      if (this.#ended === undefined) options.drained?.();
    });
  }

  get isOpen(): boolean {
    return this.#ended === undefined;
  }

  /** True while so much waits to be written that no input is taken. */
  get backedUp(): boolean {
    return this.#options.output.writableLength > LINE_BYTES_MAX;
  }

  /**
   * Rejects with RemoteError when the other side answered with an error; with `rpc_timeout` (fields method,
   * timeoutMs; the peer lives on and takes one late answer), `rpc_busy` and `line_too_long` (nothing was sent); or
   * with the error the peer ended with. Order of calls is order of lines. Not idempotent; never sent twice.
   */
  call(method: string, params: JsonObject, timeoutMs: number): Promise<Json> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    if (this.#pending.size >= RPC_PENDING_MAX) return Promise.reject(busyError('calls are waiting for an answer'));
    const id = ++this.#lastId;
    const line = toLine(requestText(id, method, params));
    if (line === undefined) return Promise.reject(tooLongError(method));
    return new Promise((resolve, reject) => {
      // When this process itself stood still, the answer may wait unread behind the timer: look before judging.
      const timer = setTimeout(() => setImmediate(() => this.#expire(id, method, timeoutMs)), timeoutMs);
      this.#pending.set(id, { resolve, reject, timer });
      this.#write(line);
    });
  }

  /** @throws line_too_long, or the error the peer ended with. */
  notify(method: string, params: JsonObject): void {
    if (this.#ended !== undefined) throw this.#ended;
    const line = toLine(notificationText(method, params));
    if (line === undefined) throw tooLongError(method);
    this.#write(line);
  }

  /** Ends in order: what was written is still sent. Idempotent. */
  close(): void {
    if (this.#ended !== undefined) return;
    this.#settle(closedError('closed on this side'));
    const { input, output } = this.#options;
    output.end(() => input.destroy());
  }

  /** Ends at once with `error`, both streams destroyed. The first end counts. */
  end(error: CodedError): void {
    if (this.#ended !== undefined) return;
    this.#settle(error);
    this.#options.ending?.();
    this.#options.input.destroy();
    this.#options.output.destroy();
  }

  #settle(error: CodedError): void {
    this.#ended = error;
    for (const pending of this.#pending.values()) {
      clearTimeout(pending.timer);
      pending.reject(error);
    }
    this.#pending.clear();
    this.#resolveClosed(error);
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      this.#takeLines();
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      if (this.#options.tellsFaults === true) this.#endTold(error);
      else this.end(error);
    } finally {
      this.#pumping = false;
    }
  }

  /** Whoever asks by hand sees what is wrong with the line. */
  #endTold(error: CodedError): void {
    this.#write(Buffer.from(`${errorText(null, error)}\n`));
    if (this.#ended !== undefined) return;
    this.#settle(error);
    const { input, output } = this.#options;
    output.end(() => input.destroy());
  }

  #takeLines(): void {
    while (this.#ended === undefined && !this.backedUp) {
      const line = this.#lines.next();
      if (line !== undefined) {
        this.#take(readMessage(line));
        continue;
      }
      const chunk: Buffer | null = this.#options.input.read();
      if (chunk !== null) {
        this.#lines.push(chunk);
        continue;
      }
      if (!this.#inputEnded) return;
      this.#lines.end();
      this.#finish();
    }
  }

  /** The other side is done; what it asked for before is still sent. */
  #finish(): void {
    this.#settle(closedError('the other side ended'));
    this.#options.output.end();
  }

  #take(message: RpcMessage): void {
    if (message.type === 'request') {
      this.#serve(message.id, message.method, message.params);
    } else if (message.type === 'notification') {
      if (this.#options.notified === undefined) throw rpcFault('an unexpected notification');
      this.#options.notified(message.method, message.params);
    } else {
      const pending = this.#pending.get(message.id);
      if (pending === undefined) {
        if (!this.#expired.delete(message.id)) throw rpcFault('a reply to no open call', { id: message.id });
        return;
      }
      this.#pending.delete(message.id);
      clearTimeout(pending.timer);
      if (message.type === 'result') pending.resolve(message.result);
      else pending.reject(message.error);
    }
  }

  #expire(id: number, method: string, timeoutMs: number): void {
    const pending = this.#pending.get(id);
    if (!this.#pending.delete(id)) return;
    this.#expired.add(id);
    // Sets keep their order: the oldest goes first.
    for (const oldest of this.#expired) {
      if (this.#expired.size <= RPC_PENDING_MAX) break;
      this.#expired.delete(oldest);
    }
    const message = `no answer to ${method} within ${timeoutMs} ms`;
    pending?.reject(new CodedError('rpc_timeout', message, { fields: { method, timeoutMs } }));
  }

  #serve(id: RpcId, method: string, params: JsonObject): void {
    if (this.#serving.has(id)) throw rpcFault('a request repeats the id of an open one');
    if (this.#serving.size >= RPC_PENDING_MAX) {
      this.#refuse(id, method, busyError('requests are being answered'));
      return;
    }
    let answer: Json | Promise<Json>;
    try {
      this.#options.admit?.(method);
      if (!Object.hasOwn(this.#options.handlers, method)) throw unknownMethodError(method);
      answer = (this.#options.handlers[method] as RpcHandler)(params);
    } catch (error) {
      this.#refuse(id, method, error);
      return;
    }
    if (answer instanceof Promise) void this.#serveLater(id, method, answer);
    else this.#answer(id, method, answer);
  }

  async #serveLater(id: RpcId, method: string, answer: Promise<Json>): Promise<void> {
    this.#serving.add(id);
    try {
      const result = await answer;
      this.#serving.delete(id);
      this.#answer(id, method, result);
    } catch (error) {
      this.#serving.delete(id);
      this.#refuse(id, method, error);
    }
  }

  #answer(id: RpcId, method: string, result: Json): void {
    const line = toLine(resultText(id, result));
    if (line === undefined) this.#refuse(id, method, tooLongError(method));
    else this.#write(line);
  }

  #refuse(id: RpcId, method: string, error: unknown): void {
    if (error instanceof AssertionFailure) throw error;
    if (!(error instanceof CodedError)) this.#options.failed?.(method, error);
    const coded = error instanceof CodedError ? error : new CodedError('internal_error', `${method} failed`);
    this.#write(toLine(errorText(id, coded)) ?? Buffer.from(`${errorText(id, tooLongError(method))}\n`));
  }

  #write(line: Buffer): void {
    if (this.#ended !== undefined) return;
    const { output } = this.#options;
    if (output.writableLength + line.length > RPC_OUTGOING_BYTES_MAX) {
      const fields = { bytes: output.writableLength, bytesMax: RPC_OUTGOING_BYTES_MAX };
      this.end(new CodedError('rpc_overflow', 'the other side does not read', { fields }));
      return;
    }
    output.write(line);
  }
}

/** Undefined when it does not fit in a line. */
function toLine(text: string): Buffer | undefined {
  const line = Buffer.from(`${text}\n`);
  return line.length - 1 > LINE_BYTES_MAX ? undefined : line;
}
