import type { AgentNode } from './agent-node.ts';
import { LineNode } from './agent-node.ts';
import { Fault } from './fault.ts';
import { list, object, text } from './fields.ts';
import { greet } from './hello.ts';
import type { Json, JsonObject } from './json.ts';
import type { Moment } from './moment.ts';
import { moment } from './moment.ts';
import type { Method } from './peer.ts';
import { Peer } from './peer.ts';
import type { Wire } from './stdio.ts';
import { topicMatches } from './topic.ts';

/** Something that happened at this node just now: a badge at a reader, a button. */
export interface AgentEvent {
  readonly topic: string;
  readonly payload: JsonObject;
  readonly at: Moment;
}

export interface AgentDefinition {
  readonly name: string;
  readonly version: string;
  /** Every kind of the dapp, as the manifest has them: the greeting shows that both halves are of one version. */
  readonly kinds: readonly string[];
  /** By MQTT topic filter; the first that matches takes the event. The node is answered when the handler is done. */
  readonly onEvent: Readonly<Record<string, (event: AgentEvent, node: AgentNode) => Promise<void>>>;
  /** Runs once the node has been greeted, which is all it says to an agent that starts. */
  readonly onStart?: (node: AgentNode) => Promise<void>;
  /** A timer of the agent's own is due, on which it may move outputs. */
  readonly onTimer?: (timer: string, at: Moment, node: AgentNode) => Promise<void>;
  /** Keys of `dapp` that changed. A hint to read again, never a reason to move an output off its safe level. */
  readonly onChanged?: (dapp: string, keys: readonly string[], at: Moment, node: AgentNode) => Promise<void>;
  /** Requests from console or CLI, by name; nobody has checked `params`. */
  readonly onRequest?: Readonly<Record<string, (params: JsonObject, at: Moment, node: AgentNode) => Promise<Json>>>;
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
        await handler({ topic, payload: object(params, 'payload'), at: momentOf(params) }, node());
        return null;
      },
    ],
    [
      'changed',
      async (params) => {
        const keys = list(params, 'keys').map(String);
        await definition.onChanged?.(text(params, 'dapp'), keys, momentOf(params), node());
        return null;
      },
    ],
    [
      'timer',
      async (params) => {
        await definition.onTimer?.(text(params, 'id'), momentOf(params), node());
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
        return handler(given, momentOf(params), node());
      },
    ],
  ]);
}

function momentOf(params: JsonObject): Moment {
  return moment(object(params, 'at'));
}

/** The agent's end of `wire`. Lines of the node go into `receive` of what is returned. */
export function joinAgent(definition: AgentDefinition, wire: Wire): Peer {
  let isStarted = false;
  const start = async (): Promise<void> => {
    if (isStarted) return;
    isStarted = true;
    try {
      await definition.onStart?.(node);
    } catch (error) {
      // An agent that does not know what it should keep open is of no use; the node starts it again.
      wire.fail(`could not start: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const peer: Peer = new Peer(
    wire,
    agentMethods(definition, () => node),
    // The greeting is the first thing the node hears.
    (method, isRefused) => {
      if (method === 'hello' && !isRefused) void start();
    },
  );
  const node = new LineNode(peer, definition.name);
  return peer;
}
