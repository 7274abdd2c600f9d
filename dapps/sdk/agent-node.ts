import { integer, text } from './fields.ts';
import type { Json, JsonObject } from './json.ts';
import { isJsonObject } from './json.ts';
import type { Peer } from './peer.ts';
import { CallError } from './peer.ts';
import type { State } from './state.ts';
import { NodeState } from './state.ts';

/**
 * What an agent may ask of its node. Each call is checked against the manifest and refused with a CallError that
 * carries a code. Outputs: only in answer to a live event or request, never because the state changed.
 */
export interface AgentNode extends State {
  /**
   * The same node for what must not wait: reads through it go before all others that wait. What moves an output always
   * does.
   */
  readonly urgently: State;
  /** Writes an entry of the agent's own dapp, signed by the node; durable once it resolves. */
  append(kind: string, body: JsonObject): Promise<{ readonly block: string; readonly index: number }>;
  /**
   * Takes an output off its safe level for `ms`; it ends on time even if agent and node are gone by then. `pulse`
   * names it in the node's records, `atNs` is when the line was set, on the monotonic clock, in decimal.
   */
  pulse(output: string, ms: number): Promise<{ readonly pulse: string; readonly atNs: string }>;
  /** Takes an output off its safe level until `release`, or until the output's longest time on. */
  hold(output: string): Promise<void>;
  release(output: string): Promise<void>;
  /** How an output of this node is. Refused with unknown_output for one of another node. */
  output(output: string): Promise<{ readonly on: boolean; readonly longestMs: number }>;
  /**
   * Has `onTimer` called `ms` from now, once; replaces a timer of the same id, null cancels it. Timers end with this
   * process.
   */
  schedule(id: string, ms: number | null): Promise<void>;
  /**
   * Says something to MQTT, at a topic that `permissions.say` covers; `retain`: who listens later hears it too. Refused
   * with publish_too_fast where an agent says too much: then nothing was said.
   */
  publish(topic: string, payload: Json, retain: boolean): Promise<void>;
}

/** The node behind the line. */
export class LineNode extends NodeState implements AgentNode {
  readonly urgently: State;
  readonly #peer: Peer;

  constructor(peer: Peer, own: string) {
    super(peer, own);
    this.#peer = peer;
    this.urgently = new NodeState(peer, own, {}, true);
  }

  async append(kind: string, body: JsonObject): Promise<{ block: string; index: number }> {
    const answer = await this.#ask('append', { kind, body });
    return { block: text(answer, 'block'), index: integer(answer, 'index', 0, Number.MAX_SAFE_INTEGER) };
  }

  async pulse(output: string, ms: number): Promise<{ pulse: string; atNs: string }> {
    const answer = await this.#ask('pulse', { output, ms }, true);
    return { pulse: text(answer, 'pulse'), atNs: text(answer, 'atNs') };
  }

  async hold(output: string): Promise<void> {
    await this.#peer.ask('hold', { output }, true);
  }

  async release(output: string): Promise<void> {
    await this.#peer.ask('release', { output }, true);
  }

  async output(output: string): Promise<{ on: boolean; longestMs: number }> {
    const answer = await this.#ask('output', { output });
    if (typeof answer.on !== 'boolean') throw new CallError('broken_answer', 'the node does not say how an output is');
    return { on: answer.on, longestMs: integer(answer, 'longestMs', 1, Number.MAX_SAFE_INTEGER) };
  }

  async schedule(id: string, ms: number | null): Promise<void> {
    await this.#peer.ask('schedule', { id, ms });
  }

  async publish(topic: string, payload: Json, retain: boolean): Promise<void> {
    await this.#peer.ask('publish', { topic, payload, retain });
  }

  async #ask(method: string, params: JsonObject, isUrgent = false): Promise<JsonObject> {
    const answer = await this.#peer.ask(method, params, isUrgent);
    if (!isJsonObject(answer)) throw new CallError('broken_answer', `the node's answer to ${method} is not an object`);
    return answer;
  }
}
