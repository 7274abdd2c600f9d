import type { Json, JsonObject } from '../base/json.ts';
import { authorOf, rolesOf } from '../ledger/mesh/authors.ts';
import type { Outcome } from '../ledger/outcome.ts';
import { StateOverlay } from '../ledger/overlay.ts';
import type { Order, Space } from './space.ts';

/**
 * Commands of one dapp tried out on the state as it is, one after the other, each upon what the ones before it did:
 * the rules that will judge them judge them here, and nothing is written. So many can be checked before the first is
 * appended. What others append meanwhile is not seen.
 */
export class Rehearsal {
  readonly #space: Space;
  readonly #dapp: string;
  readonly #state: StateOverlay;
  #index = 0;

  constructor(space: Space, dapp: string) {
    this.#space = space;
    this.#dapp = dapp;
    this.#state = new StateOverlay(space.state);
  }

  /** What would become of the command. @throws a CodedError (`dapp_…`) when the dapp fails. */
  async try({ kind, body }: Order): Promise<Outcome> {
    const { judge, clock, mesh, consoleKey } = this.#space;
    const author = authorOf(this.#state, consoleKey) ?? { key: consoleKey, principal: null, node: null };
    const entry = { dapp: this.#dapp, ver: this.#space.versionOf(this.#dapp), kind, re: null, body };
    const place = { block: mesh, index: this.#index++ };
    const roles = rolesOf(this.#state, author);
    const outcome = await judge.play({ ...entry, ...place, author, roles, at: clock.now() }, this.#state);
    if (outcome.ok) this.#state.apply(this.#dapp, outcome.writes);
    return outcome;
  }

  /** As `Space.query`, of the state that the commands tried so far would leave. */
  query(name: string, params: JsonObject): Promise<Json> {
    return this.#space.query(this.#dapp, name, params, this.#state);
  }
}
