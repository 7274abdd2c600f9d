import { CodedError } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { APPLY_TIMEOUT_MS_MAX, CONTRACT_QUEUE_MAX, LINE_BYTES_MAX, READS_PER_CALL_MAX } from '../base/limits.ts';
import type { Clock, ClockQuality } from '../base/ports.ts';
import type { StateReader } from '../ledger/state.ts';
import { type ApplyOutcome, checkApplyAnswer } from './apply-answer.ts';
import { dappProtocolFault } from './dapp-fault.ts';
import type { Log } from './log.ts';
import type { Manifest } from './manifest.ts';
import type { RpcPeerOptions } from './peer.ts';
import { fillTemplate, parseReadTemplate, type ReadTemplate } from './read-templates.ts';
import { RemoteError } from './rpc-messages.ts';
import type { Runner } from './runner.ts';
import { answerRead, answerScan } from './state-calls.ts';
import { type ProgramTimings, SupervisedProgram } from './supervised-program.ts';

/** One entry to be judged; what the dapp is told beside the keys its manifest reads. */
export interface ApplyCall {
  readonly entry: {
    readonly dapp: string;
    readonly ver: string;
    readonly kind: string;
    /** The entry that this one answers: `{block, index}`. */
    readonly re: { readonly block: string; readonly index: number } | null;
    readonly body: Json;
    readonly block: string;
    readonly index: number;
  };
  readonly author: { readonly key: string; readonly principal: string | null; readonly node: string | null };
  readonly roles: readonly string[];
  readonly at: { readonly ms: number; readonly quality: ClockQuality };
  /** Hex. */
  readonly seed: string;
}

export interface ContractTimings extends ProgramTimings {
  readonly applyMs?: number;
}

export interface ContractOptions {
  readonly manifest: Manifest;
  /** Absolute path of the dapp's folder. */
  readonly folder: string;
  readonly runner: Runner;
  readonly branch: string;
  readonly log: Log;
  /** Whether a program that does not start the first time is tried again; else starting throws. */
  readonly isPatient?: boolean;
  readonly timings?: ContractTimings;
  readonly after?: Clock['after'];
}

/**
 * The judging half of a dapp. Calls run one at a time, in order; while the program restarts they wait for it. A call
 * that fails with a code beginning with `dapp_` says nothing about the entry; it may be tried again.
 */
export interface Contract {
  /** Whether its program runs now. */
  readonly isUp: boolean;
  /**
   * Rejects with dapp_timeout, dapp_exited, dapp_protocol, dapp_overflow (fields reason, exitCode, signal): the
   * program has been killed and starts again; dapp_start_failed, dapp_stopped; contract_busy with
   * CONTRACT_QUEUE_MAX calls waiting; and with whatever `reader` threw.
   */
  apply(call: ApplyCall, reader: StateReader): Promise<ApplyOutcome>;
  /** Rejects as `apply` does, and with query_refused (fields code, the dapp's own). */
  query(name: string, params: JsonObject, reader: StateReader): Promise<Json>;
  /** Idempotent; open and waiting calls reject with dapp_stopped. */
  stop(): Promise<void>;
}

/**
 * `options.manifest` has passed `parseManifest`.
 * @throws contract_missing; dapp_start_failed (dapp, reason), after which nothing runs, unless `isPatient`.
 */
export async function startContract(options: ContractOptions): Promise<Contract> {
  const { manifest } = options;
  const command = manifest.contract;
  if (command === undefined) {
    throw new CodedError('contract_missing', `${manifest.name} has no contract`, { fields: { dapp: manifest.name } });
  }
  const desk = new ReadingDesk(manifest);
  const program = await SupervisedProgram.start({ ...options, command, peer: desk.peerOptions });
  desk.fail = (fault) => void program.fail(fault);
  return new SupervisedContract(options, program, desk);
}

/** Answers what the program asks during a call, and counts. */
class ReadingDesk {
  readonly peerOptions: Pick<RpcPeerOptions, 'admit' | 'handlers'>;
  fail: (fault: CodedError) => void = () => {};
  #reader: StateReader | undefined;
  #requests = 0;
  #broken: { readonly error: unknown } | undefined;

  constructor(manifest: Manifest) {
    this.peerOptions = {
      admit: () => this.#admit(),
      handlers: {
        read: (params: JsonObject) => answerRead(manifest, this.#open(), params),
        scan: (params: JsonObject) => answerScan(manifest, this.#open(), params),
      },
    };
  }

  open(reader: StateReader): void {
    this.#reader = {
      read: (...args) => this.#guard(() => reader.read(...args)),
      scan: (...args) => this.#guard(() => reader.scan(...args)),
    };
    this.#requests = 0;
    this.#broken = undefined;
  }

  /** @throws what the reader threw during the call: a verdict of a dapp that could not read is none. */
  close(): void {
    this.#reader = undefined;
    if (this.#broken !== undefined) throw this.#broken.error;
  }

  #guard<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      this.#broken ??= { error };
      throw new CodedError('state_unreadable', 'the node cannot read its state');
    }
  }

  #open(): StateReader {
    if (this.#reader === undefined) throw new CodedError('no_call', 'state is only read during a call');
    return this.#reader;
  }

  #admit(): void {
    if (this.#reader === undefined) {
      const fault = dappProtocolFault('asked outside of a call');
      this.fail(fault);
      throw fault;
    }
    if (++this.#requests <= READS_PER_CALL_MAX) return;
    const fields = { reason: 'reads', max: READS_PER_CALL_MAX };
    const fault = new CodedError('dapp_overflow', `more than ${READS_PER_CALL_MAX} requests in one call`, { fields });
    this.fail(fault);
    throw fault;
  }
}

class SupervisedContract implements Contract {
  readonly #program: SupervisedProgram;
  readonly #desk: ReadingDesk;
  readonly #applyMs: number;
  readonly #templates: ReadonlyMap<string, readonly ReadTemplate[]>;
  #queued = 0;
  #tail: Promise<unknown> = Promise.resolve();

  constructor({ manifest, timings }: ContractOptions, program: SupervisedProgram, desk: ReadingDesk) {
    this.#program = program;
    this.#desk = desk;
    this.#applyMs = timings?.applyMs ?? APPLY_TIMEOUT_MS_MAX;
    const dapps = [manifest.name, ...manifest.reads];
    this.#templates = new Map(
      Object.entries(manifest.entries).map(([kind, { reads = [] }]) => [
        kind,
        reads.map((template) => parseReadTemplate(template, dapps)),
      ]),
    );
  }

  get isUp(): boolean {
    return this.#program.peer !== undefined;
  }

  apply(call: ApplyCall, reader: StateReader): Promise<ApplyOutcome> {
    return this.#inTurn(async () => {
      const { entry, author, roles, at, seed } = call;
      const reads = readAhead(this.#templates.get(entry.kind) ?? [], call, reader);
      const answer = await this.#ask('apply', { entry, author, roles, at, reads, seed }, reader);
      let outcome: ApplyOutcome;
      try {
        outcome = checkApplyAnswer(answer);
      } catch (error) {
        throw error instanceof CodedError ? await this.#program.fail(error) : error;
      }
      this.#program.healthy();
      return outcome;
    });
  }

  query(name: string, params: JsonObject, reader: StateReader): Promise<Json> {
    return this.#inTurn(async () => {
      try {
        const answer = await this.#ask('query', { name, params }, reader);
        this.#program.healthy();
        return answer;
      } catch (error) {
        if (!(error instanceof RemoteError)) throw error;
        const fields = { name, code: error.code };
        throw new CodedError('query_refused', `${name}: ${error.message}`, { fields, cause: error });
      }
    });
  }

  stop(): Promise<void> {
    return this.#program.stop();
  }

  async #ask(method: string, params: JsonObject, reader: StateReader): Promise<Json> {
    await this.#program.ready();
    this.#desk.open(reader);
    try {
      return await this.#program.call(method, params, this.#applyMs);
    } catch (error) {
      if (!(error instanceof RemoteError) || method === 'query') throw error;
      // A verdict is an outcome; an error in its place is a program that broke down.
      throw await this.#program.fail(dappProtocolFault(`answered with the error ${error.code}`));
    } finally {
      this.#desk.close();
    }
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    if (this.#queued >= CONTRACT_QUEUE_MAX) {
      const fields = { queueMax: CONTRACT_QUEUE_MAX };
      return Promise.reject(new CodedError('contract_busy', `${CONTRACT_QUEUE_MAX} calls wait already`, { fields }));
    }
    this.#queued += 1;
    const run = this.#tail.then(task).finally(() => {
      this.#queued -= 1;
    });
    this.#tail = run.catch(() => {});
    return run;
  }
}

/** What the templates name, by `dapp:key`, in their order, up to half a line; the program asks for the rest. */
function readAhead(templates: readonly ReadTemplate[], call: ApplyCall, reader: StateReader): JsonObject {
  const reads: Record<string, Json> = Object.create(null);
  let bytes = 0;
  for (const template of templates) {
    const found = fillTemplate(template, { body: call.entry.body, author: call.author });
    if (found === undefined) continue;
    const name = `${found.dapp}:${found.key}`;
    const value = reader.read(found.dapp, found.key);
    bytes += Buffer.byteLength(JSON.stringify([name, value]));
    if (bytes > LINE_BYTES_MAX / 2) break;
    reads[name] = value;
  }
  return reads;
}
