import { assert } from '../../base/assert.ts';
import { PINS_RECORDS_MAX, PINS_RECORDS_PAGE_MAX, PINS_REPLY_MS_MAX } from '../../base/limits.ts';
import type { PinsEvent } from './events.ts';
import { Link } from './link.ts';
import {
  isPinsName,
  type PinsInput,
  type PinsKind,
  type PinsOutput,
  type PinsRecord,
  parseInput,
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

/** What a reload did. A declaration that changed counts on both sides. */
interface PinsReload {
  readonly added: number;
  readonly removed: number;
}

const PAGES_MAX = PINS_RECORDS_MAX / PINS_RECORDS_PAGE_MAX + 1;

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

  /** Every input as it is now. Ask after `watch`: then no change falls between the two. */
  async inputs(): Promise<readonly PinsInput[]> {
    const { body } = await this.#link.request('inputs', 'inputs');
    return body.map(parseInput);
  }

  /**
   * Makes the pins process read its options file anew: all of it holds afterwards, or nothing has changed.
   * @throws pins_bad_options, or `pins_` and the code of a claim (pins_line_busy, pins_line_missing, ...)
   */
  async reload(): Promise<PinsReload> {
    const { words, line } = await this.#link.request('reload', 'reload');
    return { added: parseNumber(words[0], line), removed: parseNumber(words[1], line) };
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

  /** Calls `listener` for every event from now on. Once for a connection. */
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

/**
 * Connects and agrees on the version.
 * @throws pins_offline when nobody listens, pins_timeout, pins_too_many_clients, pins_unknown_version, pins_protocol
 */
export async function connectPins(options: ConnectOptions): Promise<PinsClient> {
  const link = new Link(options.socketPath, options.replyTimeoutMs ?? PINS_REPLY_MS_MAX);
  try {
    const { words, line } = await link.request('hello', 'hello 2');
    const [version, epoch = ''] = words;
    if (version !== '2' || !/^[0-9a-f]{16}$/.test(epoch)) throw protocolFault(line);
    return new PinsClient(epoch, link);
  } catch (error) {
    await link.close();
    throw error;
  }
}
