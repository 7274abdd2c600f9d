import type { AgentNode } from '../../sdk/agent-node.ts';
import { asObject } from '../../sdk/fields.ts';
import type { Json } from '../../sdk/json.ts';
import type { Moment } from '../../sdk/moment.ts';
import { CallError } from '../../sdk/peer.ts';
import { parseDoor } from '../door-record.ts';
import { DISABLED_PREFIX, doorKey, LOCKDOWN_PREFIX } from '../keys.ts';
import { rowsUnder } from '../rows.ts';
import { standingEntries } from '../standing-denials.ts';
import { type Keeper, NOT_OURS } from './keeper.ts';

export const ENFORCE_TIMER = 'enforce';
const RETRY_MS = 1_000;
/** A pulse that was to be cut short has ended by itself by then. */
const TRIES_MAX = 60;

/**
 * Carries out lockdowns and disabled doors: their outputs go to the safe level at once, whatever keeps them on. Reads
 * what stands now, so that an order that has been lifted meanwhile shuts nothing.
 */
export class Enforcer {
  readonly #keeper: Keeper;
  #tries = 0;

  constructor(keeper: Keeper) {
    this.#keeper = keeper;
  }

  /** An order arrived, or the agent has just started. */
  async enforce(at: Moment, node: AgentNode): Promise<void> {
    this.#tries = 0;
    await this.retry(at, node);
  }

  /** As `enforce`, by the timer that is set when an output did not obey. */
  async retry(at: Moment, node: AgentNode): Promise<void> {
    this.#tries += 1;
    let isDone = true;
    for await (const order of shutDoors(node)) isDone = (await this.#shut(order, at, node)) && isDone;
    if (!isDone && this.#tries < TRIES_MAX) await node.schedule(ENFORCE_TIMER, RETRY_MS);
  }

  async #shut({ door, output, entry }: Order, at: Moment, node: AgentNode): Promise<boolean> {
    try {
      await node.release(output);
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      return error.code === NOT_OURS;
    }
    await this.#keeper.shut(door, `denial:${entry}`, at, node);
    return true;
  }
}

interface Order {
  readonly door: string;
  readonly output: string;
  readonly entry: string;
}

async function* shutDoors(node: AgentNode): AsyncGenerator<Order> {
  const [all] = await standingEntries(node, LOCKDOWN_PREFIX);
  if (all !== undefined) {
    for await (const { name, value } of rowsUnder(node, doorKey(''))) yield orderOf(name, value, all);
    return;
  }
  for await (const { name } of rowsUnder(node, DISABLED_PREFIX)) {
    const [door = '', entry = ''] = name.split('/');
    const record = await node.read(doorKey(door));
    if (record !== null) yield orderOf(door, record, entry);
  }
}

function orderOf(door: string, record: Json, entry: string): Order {
  return { door, output: parseDoor(asObject(record, 'the door')).output, entry };
}
