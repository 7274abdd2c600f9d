import { CodedError } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { AGENT_TIMER_RETRY_MS, EVENT_TIMEOUT_MS_MAX, NAME_BYTES_MAX } from '../base/limits.ts';
import type { Clock, ClockQuality } from '../base/ports.ts';
import { type AgentHost, agentHandlers } from './agent-calls.ts';
import { AgentTimers } from './agent-timers.ts';
import { ChangedQueue } from './changed-queue.ts';
import { dappProtocolFault } from './dapp-fault.ts';
import { compileEntryCheck } from './entry-check.ts';
import type { Log } from './log.ts';
import type { Manifest } from './manifest.ts';
import { PublishRate } from './publish.ts';
import { RemoteError } from './rpc-messages.ts';
import type { Runner } from './runner.ts';
import { checkStrictJson } from './strict-json.ts';
import { type ProgramTimings, SupervisedProgram } from './supervised-program.ts';
import { isTopicName, topicMatches } from './topics.ts';

/** Node time as a dapp is told it. */
export interface At {
  readonly ms: number;
  readonly quality: ClockQuality;
}

export interface AgentTimings extends ProgramTimings {
  readonly eventMs?: number;
}

export interface AgentOptions {
  readonly manifest: Manifest;
  /** Absolute path of the dapp's folder. */
  readonly folder: string;
  readonly runner: Runner;
  readonly branch: string;
  readonly log: Log;
  /** Whether a program that does not start the first time is tried again; else starting throws. */
  readonly isPatient?: boolean;
  readonly host: AgentHost;
  readonly clock: Clock;
  readonly timings?: AgentTimings;
  /**
   * The agent has failed; its outputs go to their safe level. Called once for each failure, before the program is
   * killed, and not by `stop`.
   */
  readonly onDown?: (fault: CodedError) => void;
  /** The program has been greeted, the first time or again: it knows nothing of what went before. */
  readonly onUp?: () => void;
}

/**
 * The acting half of a dapp. Calls may overlap. A call that fails ends the program, which starts again by itself;
 * no call is repeated: an event that nobody handled in time must not open a door later.
 */
export interface Agent {
  /** Whether its program runs now. */
  readonly isUp: boolean;
  /**
   * Resolves when the agent has handled it. Rejects with not_permitted (the manifest does not hear the topic),
   * payload_refused, agent_down (nothing was sent), agent_busy (RPC_PENDING_MAX calls are open), event_refused
   * (fields code, the agent's own), dapp_timeout, dapp_exited, dapp_protocol, dapp_overflow, dapp_stopped.
   */
  event(topic: string, payload: Json, at: At): Promise<void>;
  /**
   * Tells of changed state; joined with others while the agent does not read, forgotten while it is down, for an
   * agent that starts reads what it needs. No `keys`: anything of the dapp may have changed. Dapps that the manifest
   * does not read are left out.
   */
  changed(dapp: string, keys: readonly string[], at: At): void;
  /** As `event`; request_refused (fields code). */
  request(name: string, params: JsonObject, at: At): Promise<Json>;
  /** Idempotent. */
  stop(): Promise<void>;
}

/**
 * `options.manifest` has passed `parseManifest`.
 * @throws agent_missing; dapp_start_failed (dapp, reason), after which nothing runs, unless `isPatient`.
 */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { manifest, host, clock, onDown } = options;
  const command = manifest.agent;
  if (command === undefined) {
    throw new CodedError('agent_missing', `${manifest.name} has no agent`, { fields: { dapp: manifest.name } });
  }
  const changes = new Changes();
  const timers = new AgentTimers(clock, (id) => void agent?.timer(id));
  let agent: SupervisedAgent | undefined;
  const program = await SupervisedProgram.start({
    ...options,
    command,
    after: (delayMs, task) => clock.after(delayMs, task),
    peer: {
      handlers: agentHandlers(manifest, compileEntryCheck(manifest), host, { timers, rate: new PublishRate(clock) }),
      drained: () => changes.flush(),
    },
    onEnd: () => timers.clear(),
    onDown: (fault) => {
      changes.clear();
      onDown?.(fault);
    },
  });
  changes.program = program;
  agent = new SupervisedAgent(options, program, changes, timers);
  return agent;
}

/** The changes on their way to the program. */
class Changes {
  readonly #queue = new ChangedQueue();
  #at: At | undefined;
  program: SupervisedProgram | undefined;

  add(dapp: string, keys: readonly string[], at: At): void {
    this.#queue.add(dapp, keys);
    this.#at = at;
    this.flush();
  }

  flush(): void {
    const peer = this.program?.peer;
    const { ms, quality } = this.#at ?? {};
    if (peer === undefined || ms === undefined || quality === undefined || peer.backedUp) return;
    this.#queue.flush((params) => {
      peer.notify('changed', { ...params, at: { ms, quality } });
      return !peer.backedUp;
    });
  }

  clear(): void {
    this.#queue.clear();
  }
}

class SupervisedAgent implements Agent {
  readonly #manifest: Manifest;
  readonly #program: SupervisedProgram;
  readonly #changes: Changes;
  readonly #timers: AgentTimers;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #eventMs: number;

  constructor(options: AgentOptions, program: SupervisedProgram, changes: Changes, timers: AgentTimers) {
    const { manifest, clock, log, timings } = options;
    this.#manifest = manifest;
    this.#program = program;
    this.#changes = changes;
    this.#timers = timers;
    this.#clock = clock;
    this.#log = log;
    this.#eventMs = timings?.eventMs ?? EVENT_TIMEOUT_MS_MAX;
  }

  get isUp(): boolean {
    return this.#program.peer !== undefined;
  }

  async event(topic: string, payload: Json, at: At): Promise<void> {
    const { name, permissions } = this.#manifest;
    if (!isTopicName(topic) || !permissions.hear.some((filter) => topicMatches(filter, topic))) {
      throw new CodedError('not_permitted', `${name} does not hear ${topic}`, { fields: { dapp: name, topic } });
    }
    const answer = await this.#call('event', 'event_refused', { topic, payload, at: { ...at } });
    if (answer !== null) throw await this.#program.fail(dappProtocolFault('an event is answered with null'));
    this.#program.healthy();
  }

  changed(dapp: string, keys: readonly string[], at: At): void {
    if (dapp !== this.#manifest.name && !this.#manifest.reads.includes(dapp)) return;
    if (this.#program.peer !== undefined) this.#changes.add(dapp, keys, at);
  }

  async request(name: string, params: JsonObject, at: At): Promise<Json> {
    if (Buffer.byteLength(name) > NAME_BYTES_MAX) throw new CodedError('payload_refused', 'the name is too long');
    const answer = await this.#call('request', 'request_refused', { name, params, at: { ...at } });
    this.#program.healthy();
    return answer;
  }

  /** Tells the program that a timer of its own is due. Never rejects: nobody waits for it but the log. */
  async timer(id: string): Promise<void> {
    const { wallMs, quality } = this.#clock.now();
    try {
      const answer = await this.#call('timer', 'timer_refused', { id, at: { ms: wallMs, quality } });
      if (answer !== null) throw await this.#program.fail(dappProtocolFault('a timer is answered with null'));
      this.#program.healthy();
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      // It may be what the agent keeps its hours by, and has waited anyway.
      if (error.code === 'agent_busy') this.#timers.setAgain(id, AGENT_TIMER_RETRY_MS);
      const fields = { ...error.fields, dapp: this.#manifest.name, timer: id, code: error.code };
      this.#log.warn(fields, `timer not handled: ${error.message}`);
    }
  }

  stop(): Promise<void> {
    this.#timers.clear();
    return this.#program.stop();
  }

  async #call(method: string, refusedCode: string, params: JsonObject): Promise<Json> {
    const dapp = this.#manifest.name;
    try {
      checkStrictJson(params);
    } catch (cause) {
      throw new CodedError('payload_refused', `${method}: the dapp cannot take this value`, { cause });
    }
    if (this.#program.peer === undefined) {
      throw new CodedError('agent_down', `the agent of ${dapp} is not running`, { fields: { dapp } });
    }
    try {
      return await this.#program.call(method, params, this.#eventMs);
    } catch (error) {
      if (error instanceof RemoteError) {
        const fields = { dapp, code: error.code };
        throw new CodedError(refusedCode, `${dapp} refused: ${error.message}`, { fields, cause: error });
      }
      if (error instanceof CodedError && error.code === 'rpc_busy') {
        throw new CodedError('agent_busy', `the agent of ${dapp} is behind`, { fields: { dapp }, cause: error });
      }
      throw error;
    }
  }
}
