import { Fault } from './fault.ts';
import type { Json, JsonObject } from './json.ts';
import { whyNotJson } from './json.ts';
import { CALLS_PENDING_MAX, CALLS_QUEUED_MAX, LINE_BYTES_MAX } from './limits.ts';
import { utf8Length } from './lines.ts';
import { errorLine, parseMessage } from './message.ts';
import { OpenCalls, type Waiting } from './open-calls.ts';
import type { Wire } from './stdio.ts';

/**
 * The node's refusal of something we asked. Never a Fault: a contract's Fault is its own verdict on an entry, and a
 * node that could not answer a read must not be recorded as one.
 */
export class CallError extends Error {
  override readonly name = 'CallError';
  /** The node's code, snake_case. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export type Method = (params: JsonObject) => Promise<Json>;

function fitsLine(line: string): boolean {
  // A UTF-16 unit is at most three bytes of UTF-8, so only long lines need counting.
  return line.length * 3 <= LINE_BYTES_MAX || utf8Length(line) <= LINE_BYTES_MAX;
}

/** One end of the line: answers the node's calls by `methods` and asks the node in turn. */
export class Peer {
  readonly #wire: Wire;
  readonly #methods: ReadonlyMap<string, Method>;
  readonly #calls: OpenCalls;
  #nextId = 1;
  #answering = 0;

  readonly #answered: (method: string, isRefused: boolean) => void;

  /** @param answered runs after the answer to a call of the node has been sent. */
  constructor(
    wire: Wire,
    methods: ReadonlyMap<string, Method>,
    answered: (method: string, isRefused: boolean) => void = () => {},
  ) {
    this.#wire = wire;
    this.#calls = new OpenCalls((line) => wire.send(line));
    this.#methods = methods;
    this.#answered = answered;
  }

  /** Takes one line from the node. @throws Fault broken_message; the line cannot be trusted after it. */
  receive(line: string): void {
    const message = parseMessage(line);
    switch (message.type) {
      case 'request':
        void this.#answer(message.id, message.method, message.params);
        return;
      case 'notification':
        void this.#hear(message.method, message.params);
        return;
      case 'result':
        this.#settle(message.id).resolve(message.result);
        return;
      case 'error':
        this.#settle(message.id).reject(new CallError(message.code, message.message));
    }
  }

  /**
   * Asks the node. There is no timeout here: the node answers or ends this process. Calls beyond those that may be
   * open wait their turn, unless they are urgent.
   * @throws CallError with the node's code, or too_many_calls, not_json, line_too_long from this side.
   */
  ask(method: string, params: JsonObject, isUrgent = false): Promise<Json> {
    if (this.#calls.isFull) {
      return Promise.reject(new CallError('too_many_calls', `${CALLS_QUEUED_MAX} calls are waiting for others`));
    }
    const reason = whyNotJson(params);
    if (reason !== null) return Promise.reject(new CallError('not_json', `${method}: ${reason}`));
    const id = this.#nextId++;
    const line = JSON.stringify({ jsonrpc: '2.0', id, method, params });
    if (!fitsLine(line)) return Promise.reject(new CallError('line_too_long', `${method} does not fit one line`));
    return new Promise((resolve, reject) => this.#calls.add({ id, line, waiting: { resolve, reject } }, isUrgent));
  }

  #settle(id: number | string): Waiting {
    const waiting = typeof id === 'number' ? this.#calls.settle(id) : undefined;
    if (waiting === undefined) throw new Fault('broken_message', `an answer to no call, ${id}`);
    return waiting;
  }

  async #answer(id: number | string, method: string, params: JsonObject): Promise<void> {
    if (this.#answering >= CALLS_PENDING_MAX) {
      this.#wire.send(errorLine(id, 'too_many_calls', `${CALLS_PENDING_MAX} calls are being answered`));
      return;
    }
    this.#answering += 1;
    const { line, isRefused } = await this.#answerLine(id, method, params);
    this.#wire.send(line);
    this.#answering -= 1;
    this.#answered(method, isRefused);
  }

  async #answerLine(
    id: number | string,
    method: string,
    params: JsonObject,
  ): Promise<{ readonly line: string; readonly isRefused: boolean }> {
    const refusal = (code: string, message: string) => ({ line: errorLine(id, code, message), isRefused: true });
    try {
      const result = await this.#run(method, params);
      const reason = whyNotJson(result);
      if (reason !== null) throw new Error(`the answer to ${method} cannot travel: ${reason}`);
      const line = JSON.stringify({ jsonrpc: '2.0', id, result });
      if (fitsLine(line)) return { line, isRefused: false };
      return refusal('answer_too_long', `the answer to ${method} does not fit one line`);
    } catch (error) {
      if (error instanceof Fault || error instanceof CallError) return refusal(error.code, error.message);
      this.#wire.log(describe(error));
      return refusal('internal_error', error instanceof Error ? error.message : String(error));
    }
  }

  async #hear(method: string, params: JsonObject): Promise<void> {
    try {
      await this.#run(method, params);
    } catch (error) {
      // A notification has no answer to carry the error; the log is the only place left.
      this.#wire.log(describe(error));
    }
  }

  #run(method: string, params: JsonObject): Promise<Json> {
    const run = this.#methods.get(method);
    if (run === undefined) throw new Fault('unknown_method', `there is no method ${method} here`);
    return run(params);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
