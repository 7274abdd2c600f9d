import { Fault } from './fault.ts';
import { integer, list, object, text, textOrNull } from './fields.ts';
import { greet } from './hello.ts';
import type { Json, JsonObject } from './json.ts';
import type { Moment } from './moment.ts';
import { moment } from './moment.ts';
import type { Method } from './peer.ts';
import { Peer } from './peer.ts';
import type { Row, State } from './state.ts';
import { NodeState } from './state.ts';
import { openStdio } from './stdio.ts';

/** An entry to judge. The node has checked the body against the manifest and the author's roles before asking. */
export interface Call {
  readonly kind: string;
  /** Version of the dapp that wrote the entry; facts of every earlier version arrive too. */
  readonly ver: string;
  readonly body: JsonObject;
  /** What this entry lifts, re-issues or answers; null for most. */
  readonly re: Json;
  /** Id of the block, and the entry's place in it. */
  readonly block: string;
  readonly index: number;
  readonly author: {
    readonly key: string;
    /** The person or organisation whose key signed; null when a board's own key did. */
    readonly principal: string | null;
    /** The board: the author itself, or the one a person's key was made for; null for a key bound to no board. */
    readonly node: string | null;
  };
  readonly roles: readonly string[];
  readonly at: Moment;
  /** The same on every node; good for picking, no lottery. */
  readonly seed: string;
}

/** What an accepted entry does, all at once or not at all. */
export interface Outcome {
  /** A null value deletes the key. */
  readonly writes: readonly Row[];
  readonly events?: readonly { readonly topic: string; readonly payload: Json }[];
}

/**
 * The rules of a dapp. A handler returns what the entry does, or throws a Fault to refuse it with a code; any other
 * error is a bug, which the node answers by parking the dapp for that merge. Handlers must give the same answer on
 * every node: no clock but `call.at`, no randomness but `call.seed`, nothing kept from one call to the next. Start
 * reads together but judge their answers afterwards, in a fixed order: of two refusals that race, either may win.
 */
interface ContractDefinition {
  readonly name: string;
  readonly version: string;
  readonly kinds: Readonly<Record<string, (call: Call, state: State) => Promise<Outcome>>>;
  /** Read-only questions; nobody has checked `params`. */
  readonly queries?: Readonly<Record<string, (params: JsonObject, state: State) => Promise<Json>>>;
}

function parseCall(params: JsonObject): Call {
  const entry = object(params, 'entry');
  const author = object(params, 'author');
  return {
    kind: text(entry, 'kind'),
    ver: text(entry, 'ver'),
    body: object(entry, 'body'),
    re: entry.re ?? null,
    block: text(entry, 'block'),
    index: integer(entry, 'index', 0, Number.MAX_SAFE_INTEGER),
    author: { key: text(author, 'key'), principal: textOrNull(author, 'principal'), node: textOrNull(author, 'node') },
    roles: list(params, 'roles').map(String),
    at: moment(object(params, 'at')),
    seed: text(params, 'seed'),
  };
}

async function judge(definition: ContractDefinition, call: Call, state: State): Promise<Json> {
  const handler = Object.hasOwn(definition.kinds, call.kind) ? definition.kinds[call.kind] : undefined;
  try {
    if (handler === undefined) throw new Fault('unknown_kind', `${definition.name} has no kind ${call.kind}`);
    const { writes, events } = await handler(call, state);
    const plain = (events ?? []).map(({ topic, payload }) => ({ topic, payload }));
    // biome-ignore lint/suspicious/noThenProperty: the protocol's word; a list is never taken for a promise
    return { ok: true, writes: writes.map(({ key, value }) => ({ key, value })), events: plain, then: [] };
  } catch (error) {
    if (error instanceof Fault) return { ok: false, code: error.code, message: error.message };
    throw error;
  }
}

function contractMethods(definition: ContractDefinition, peer: () => Peer): ReadonlyMap<string, Method> {
  const { name, version } = definition;
  return new Map<string, Method>([
    ['hello', async (params) => greet({ name, version, kinds: Object.keys(definition.kinds) }, params)],
    [
      'apply',
      async (params) => {
        const call = parseCall(params);
        return judge(definition, call, new NodeState(peer(), name, object(params, 'reads')));
      },
    ],
    [
      'query',
      async (params) => {
        const asked = text(params, 'name');
        const queries = definition.queries ?? {};
        const query = Object.hasOwn(queries, asked) ? queries[asked] : undefined;
        if (query === undefined) throw new Fault('unknown_query', `${name} has no query ${asked}`);
        return query(params.params === undefined ? {} : object(params, 'params'), new NodeState(peer(), name));
      },
    ],
  ]);
}

/** Serves a contract on standard input and output until the input ends. Call it once, from the entry file. */
export function serveContract(definition: ContractDefinition): void {
  const wire = openStdio((line) => peer.receive(line));
  const peer: Peer = new Peer(
    wire,
    contractMethods(definition, () => peer),
  );
}
