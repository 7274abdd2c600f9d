import type { Json, JsonObject } from './json.ts';
import type { Moment } from './moment.ts';
import type { Row, State } from './state.ts';

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
export interface ContractDefinition {
  readonly name: string;
  readonly version: string;
  readonly kinds: Readonly<Record<string, (call: Call, state: State) => Promise<Outcome>>>;
  /** Read-only questions; nobody has checked `params`. */
  readonly queries?: Readonly<Record<string, (params: JsonObject, state: State) => Promise<Json>>>;
}
