import { Fault } from './fault.ts';
import { integer, list, object, text } from './fields.ts';
import { greet } from './hello.ts';
import type { Json, JsonObject } from './json.ts';
import { isJsonObject } from './json.ts';
import type { Moment } from './moment.ts';
import { moment } from './moment.ts';
import type { Method } from './peer.ts';
import { CallError, Peer } from './peer.ts';
import type { State } from './state.ts';
import { NodeState } from './state.ts';
import { openStdio } from './stdio.ts';
import { topicMatches } from './topic.ts';

/** Something that happened at this node just now: a badge at a reader, a button. */
export interface AgentEvent {
  readonly topic: string;
  readonly payload: JsonObject;
  readonly at: Moment;
}

/**
 * What an agent may ask of its node. Each call is checked against the manifest and refused with a CallError that
 * carries a code. Outputs: only in answer to a live event or request, never because the state changed.
 */
export interface AgentNode extends State {
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
}

interface AgentDefinition {
  readonly name: string;
  readonly version: string;
  /** Every kind of the dapp, as the manifest has them: the greeting shows that both halves are of one version. */
  readonly kinds: readonly string[];
  /** By MQTT topic filter; the first that matches takes the event. The node is answered when the handler is done. */
  readonly onEvent: Readonly<Record<string, (event: AgentEvent, node: AgentNode) => Promise<void>>>;
  /** Keys of `dapp` that changed. A hint to read again, never a reason to move an output off its safe level. */
  readonly onChanged?: (dapp: string, keys: readonly string[], at: Moment, node: AgentNode) => Promise<void>;
  /** Requests from console or CLI, by name; nobody has checked `params`. */
  readonly onRequest?: Readonly<Record<string, (params: JsonObject, at: Moment, node: AgentNode) => Promise<Json>>>;
}

class LineNode extends NodeState implements AgentNode {
  readonly #peer: Peer;

  constructor(peer: Peer, own: string) {
    super(peer, own);
    this.#peer = peer;
  }

  async append(kind: string, body: JsonObject): Promise<{ block: string; index: number }> {
    const answer = await this.#ask('append', { kind, body });
    return { block: text(answer, 'block'), index: integer(answer, 'index', 0, Number.MAX_SAFE_INTEGER) };
  }

  async pulse(output: string, ms: number): Promise<{ pulse: string; atNs: string }> {
    const answer = await this.#ask('pulse', { output, ms });
    return { pulse: text(answer, 'pulse'), atNs: text(answer, 'atNs') };
  }

  async hold(output: string): Promise<void> {
    await this.#peer.ask('hold', { output });
  }

  async release(output: string): Promise<void> {
    await this.#peer.ask('release', { output });
  }

  async #ask(method: string, params: JsonObject): Promise<JsonObject> {
    const answer = await this.#peer.ask(method, params);
    if (!isJsonObject(answer)) throw new CallError('broken_answer', `the node's answer to ${method} is not an object`);
    return answer;
  }
}

function agentMethods(definition: AgentDefinition, node: () => AgentNode): ReadonlyMap<string, Method> {
  const { name, version, kinds } = definition;
  const filters = Object.entries(definition.onEvent);
  const requests = definition.onRequest ?? {};
  return new Map<string, Method>([
    ['hello', async (params) => greet({ name, version, kinds }, params)],
    [
      'event',
      async (params) => {
        const topic = text(params, 'topic');
        const handler = filters.find(([filter]) => topicMatches(filter, topic))?.[1];
        if (handler === undefined) throw new Fault('unheard_topic', `${name} does not hear ${topic}`);
        await handler({ topic, payload: object(params, 'payload'), at: moment(object(params, 'at')) }, node());
        return null;
      },
    ],
    [
      'changed',
      async (params) => {
        const at = moment(object(params, 'at'));
        await definition.onChanged?.(text(params, 'dapp'), list(params, 'keys').map(String), at, node());
        return null;
      },
    ],
    [
      'request',
      async (params) => {
        const asked = text(params, 'name');
        const handler = Object.hasOwn(requests, asked) ? requests[asked] : undefined;
        if (handler === undefined) throw new Fault('unknown_request', `${name} has no request ${asked}`);
        const given = params.params === undefined ? {} : object(params, 'params');
        return handler(given, moment(object(params, 'at')), node());
      },
    ],
  ]);
}

/** Serves an agent on standard input and output until the input ends. Call it once, from the entry file. */
export function serveAgent(definition: AgentDefinition): void {
  const wire = openStdio((line) => peer.receive(line));
  const peer: Peer = new Peer(
    wire,
    agentMethods(definition, () => node),
  );
  const node = new LineNode(peer, definition.name);
}
