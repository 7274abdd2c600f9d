import { CodedError, codeOf, messageOf } from '../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../base/json.ts';
import { DAPP_RESTART_DELAY_MS_MAX, DAPP_RESTART_DELAY_MS_MIN, HELLO_TIMEOUT_MS_MAX } from '../base/limits.ts';
import type { Clock } from '../base/ports.ts';
import { dappFault } from './dapp-fault.ts';
import { logErrors } from './error-log.ts';
import type { Log } from './log.ts';
import type { Manifest } from './manifest.ts';
import { RpcPeer, type RpcPeerOptions } from './peer.ts';
import { RemoteError } from './rpc-messages.ts';
import type { Runner, RunningProgram } from './runner.ts';

/** Milliseconds; what is absent has its value from `limits.ts`. */
export interface ProgramTimings {
  readonly helloMs?: number;
  readonly restartMsMin?: number;
  readonly restartMsMax?: number;
}

interface SupervisedProgramOptions {
  readonly manifest: Manifest;
  readonly command: readonly string[];
  /** Absolute path of the dapp's folder. */
  readonly folder: string;
  readonly runner: Runner;
  readonly branch: string;
  readonly log: Log;
  readonly peer: Pick<RpcPeerOptions, 'handlers' | 'admit' | 'drained'>;
  readonly timings?: ProgramTimings;
  /** The clock's, for the pauses; absent: a plain timer. */
  readonly after?: Clock['after'];
  /** Whether a program that does not even start the first time is tried again, like one that died. */
  readonly isPatient?: boolean;
  /** A life of the program is over, also that of one that was never greeted; called before `onDown`. */
  readonly onEnd?: () => void;
  /** The program has failed; called once for each failure, before it is killed. */
  readonly onDown?: (fault: CodedError) => void;
  /** The program has been greeted; called once for each of its lives; for the first one before `start` resolves. */
  readonly onUp?: () => void;
}

/** One run of the program. */
interface Life {
  readonly program: RunningProgram;
  readonly peer: RpcPeer;
  burial: Promise<CodedError> | undefined;
}

/**
 * A program of a dapp that is kept running: started, greeted, and, whenever it fails, killed and started again after
 * a pause that doubles until a call goes well. Shared by contracts and agents.
 */
export class SupervisedProgram {
  readonly #options: SupervisedProgramOptions;
  readonly #delayMsMin: number;
  readonly #delayMsMax: number;
  #delayMs: number;
  #life: Life | undefined;
  /** Settles with the outcome of the start that comes next. */
  #nextStart = Promise.withResolvers<void>();
  #cancelRestart: (() => void) | undefined;
  #isStopping = false;
  #stopping: Promise<void> | undefined;
  #restarting: Promise<void> | undefined;
  /** The program that starts or runs. */
  #program: RunningProgram | undefined;

  private constructor(options: SupervisedProgramOptions) {
    this.#options = options;
    this.#delayMsMin = options.timings?.restartMsMin ?? DAPP_RESTART_DELAY_MS_MIN;
    this.#delayMsMax = options.timings?.restartMsMax ?? DAPP_RESTART_DELAY_MS_MAX;
    this.#delayMs = this.#delayMsMin;
    // Nobody may be waiting for it.
    this.#nextStart.promise.catch(() => {});
  }

  /**
   * Resolves after the first start.
   * @throws dapp_start_failed (dapp, reason), unless `isPatient`; after it nothing runs and nothing is tried again.
   */
  static async start(options: SupervisedProgramOptions): Promise<SupervisedProgram> {
    const supervised = new SupervisedProgram(options);
    if (options.isPatient === true) await supervised.#restart();
    else await supervised.#begin();
    return supervised;
  }

  /** The peer of the program, or undefined while it is down. */
  get peer(): RpcPeer | undefined {
    return this.#life?.peer;
  }

  /** Resolves when the program is up. Rejects with dapp_start_failed when the next start fails, or dapp_stopped. */
  async ready(): Promise<void> {
    if (this.#isStopping) throw this.#stopped();
    if (this.#life === undefined) await this.#nextStart.promise;
  }

  /**
   * A failure of the call is a failure of the program, which is gone when this rejects. Rejects with RemoteError
   * (an answer, no failure), rpc_busy and line_too_long (not sent), dapp_timeout, dapp_exited, dapp_protocol,
   * dapp_overflow; dapp_stopped.
   */
  async call(method: string, params: JsonObject, timeoutMs: number): Promise<Json> {
    const life = this.#life;
    if (life === undefined) throw this.#isStopping ? this.#stopped() : this.#down();
    try {
      return await life.peer.call(method, params, timeoutMs);
    } catch (error) {
      if (error instanceof RemoteError || !(error instanceof CodedError)) throw error;
      // Refused on this side before it was sent.
      if (life.peer.isOpen && error.code !== 'rpc_timeout') throw error;
      if (this.#isStopping) throw this.#stopped();
      throw await this.#bury(life, error);
    }
  }

  /** The program broke its word: it is killed and started again. Resolves with the fault once it is gone. */
  fail(error: CodedError): Promise<CodedError> {
    return this.#life === undefined ? Promise.resolve(error) : this.#bury(this.#life, error);
  }

  /** A call went well: the next failure waits for the shortest pause again. */
  healthy(): void {
    this.#delayMs = this.#delayMsMin;
  }

  /** Ends the program's input, then the program. Open calls reject with dapp_stopped. Idempotent. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#isStopping = true;
    this.#cancelRestart?.();
    this.#nextStart.promise.catch(() => {});
    this.#nextStart.reject(this.#stopped());
    this.#life?.peer.close();
    this.#life = undefined;
    await this.#program?.kill();
    await this.#restarting;
  }

  async #begin(): Promise<void> {
    const { manifest, log } = this.#options;
    try {
      this.#life = await this.#live();
      this.#options.onUp?.();
    } catch (cause) {
      if (this.#isStopping) throw this.#stopped();
      const reason = messageOf(cause);
      log.warn({ dapp: manifest.name, code: codeOf(cause), reason }, 'dapp could not be started');
      throw new CodedError('dapp_start_failed', `${manifest.name} could not be started: ${reason}`, {
        fields: { dapp: manifest.name, reason },
        cause,
      });
    }
  }

  /** One start, with its greeting. Kills what it has started when it fails. */
  async #live(): Promise<Life> {
    const { manifest, command, folder, runner, log } = this.#options;
    const program = await runner.start({ name: manifest.name, command, cwd: folder, env: {} });
    this.#program = program;
    logErrors(program.stderr, manifest.name, log);
    const peer = new RpcPeer({
      ...this.#options.peer,
      input: program.stdout,
      output: program.stdin,
      failed: (method, error) => log.warn({ dapp: manifest.name, method, error: messageOf(error) }, 'host call failed'),
      // At the end of its input it would leave by itself, and how it ended would be luck.
      ending: () => void program.kill(0),
    });
    try {
      if (this.#isStopping) throw this.#stopped();
      const params = { abi: manifest.abi, dapp: manifest.name, branch: this.#options.branch };
      const timeoutMs = this.#options.timings?.helloMs ?? HELLO_TIMEOUT_MS_MAX;
      checkHello(manifest, await peer.call('hello', params, timeoutMs));
    } catch (error) {
      const fault = error instanceof CodedError ? error : this.#down();
      peer.end(fault);
      this.#options.onEnd?.();
      throw dappFault(manifest.name, fault, await program.kill(0));
    }
    const life: Life = { program, peer, burial: undefined };
    void peer.closed.then((error) => this.#bury(life, error));
    return life;
  }

  #bury(life: Life, error: CodedError): Promise<CodedError> {
    life.burial ??= this.#buryOnce(life, error);
    return life.burial;
  }

  async #buryOnce(life: Life, error: CodedError): Promise<CodedError> {
    const { manifest, log, onEnd, onDown } = this.#options;
    if (this.#isStopping) return this.#stopped();
    this.#life = undefined;
    this.#nextStart = Promise.withResolvers<void>();
    // Nobody may be waiting for it.
    this.#nextStart.promise.catch(() => {});
    onEnd?.();
    onDown?.(error);
    life.peer.end(error);
    const exit = await life.program.kill(0);
    const fault = dappFault(manifest.name, error, exit);
    log.warn({ dapp: manifest.name, code: fault.code, ...fault.fields }, 'dapp failed');
    this.#restartLater();
    return fault;
  }

  #restartLater(): void {
    if (this.#isStopping) return;
    const delayMs = this.#delayMs;
    this.#delayMs = Math.min(this.#delayMsMax, delayMs * 2);
    const after = this.#options.after ?? afterTimeout;
    this.#cancelRestart = after(delayMs, () => {
      this.#restarting = this.#restart();
    });
  }

  async #restart(): Promise<void> {
    const outcome = this.#nextStart;
    try {
      await this.#begin();
      outcome.resolve();
    } catch (error) {
      this.#nextStart = Promise.withResolvers<void>();
      this.#nextStart.promise.catch(() => {});
      outcome.reject(error);
      this.#restartLater();
    }
  }

  #down(): CodedError {
    const dapp = this.#options.manifest.name;
    return new CodedError('dapp_exited', `${dapp} is not running`, { fields: { dapp } });
  }

  #stopped(): CodedError {
    const dapp = this.#options.manifest.name;
    return new CodedError('dapp_stopped', `${dapp} was stopped`, { fields: { dapp } });
  }
}

function afterTimeout(delayMs: number, task: () => void): () => void {
  const timer = setTimeout(task, delayMs);
  return () => clearTimeout(timer);
}

/** @throws hello_mismatch (member) */
function checkHello(manifest: Manifest, answer: Json): void {
  const wanted: JsonObject = {
    name: manifest.name,
    version: manifest.version,
    kinds: Object.keys(manifest.entries).sort(),
  };
  const given = isJsonObject(answer) ? answer : {};
  for (const member of new Set([...Object.keys(wanted), ...Object.keys(given)])) {
    const value = given[member];
    const sorted = Array.isArray(value) ? [...value].sort() : value;
    if (JSON.stringify(sorted) !== JSON.stringify(wanted[member])) {
      throw new CodedError('hello_mismatch', `the greeting and the manifest differ in ${member}`, {
        fields: { member },
      });
    }
  }
}
