import type { AgentNode } from '../../sdk/agent-node.ts';
import type { JsonObject } from '../../sdk/json.ts';
import { CallError } from '../../sdk/peer.ts';
import type { Alarm } from '../alarms.ts';

/** Timer: what could not be said is said again. */
export const SAY_TIMER = 'say';
const SAY_AGAIN_MS = 1_000;

/** What is known of a door just now; null: nothing is. */
interface Look {
  /** Whether its output is on. */
  readonly isOn: boolean | null;
  /** Whether its contact says open. */
  readonly isOpen: boolean | null;
}

/**
 * What MQTT is told of each door of this board, retained at the topic `<door>`: `{state, contact, alarms, output}`.
 * Said when it has changed, and again until it was taken: who looks must never see an old state for long.
 */
export class Shown {
  readonly #looks = new Map<string, Look>();
  readonly #said = new Map<string, string>();
  readonly #alarmsOf: (door: string) => readonly Alarm[];
  #running: Promise<void> = Promise.resolve();
  #isTimerSet = false;

  constructor(alarmsOf: (door: string) => readonly Alarm[]) {
    this.#alarmsOf = alarmsOf;
  }

  /** Something of the door is another now. */
  async is(door: string, change: Partial<Look>, node: AgentNode): Promise<void> {
    this.#looks.set(door, { isOn: null, isOpen: null, ...this.#looks.get(door), ...change });
    await this.again(node);
  }

  /** Says whatever is not as it was said last, one door after the other. */
  again(node: AgentNode): Promise<void> {
    this.#running = this.#running.then(() => this.#sayAll(node));
    return this.#running;
  }

  /** The timer is due. */
  async retry(node: AgentNode): Promise<void> {
    this.#isTimerSet = false;
    await this.again(node);
  }

  async #sayAll(node: AgentNode): Promise<void> {
    for (const [door, look] of this.#looks) {
      const payload = payloadOf(look, this.#alarmsOf(door));
      const text = JSON.stringify(payload);
      if (this.#said.get(door) === text) continue;
      if (await said(node, door, payload, true)) this.#said.set(door, text);
      else if (!this.#isTimerSet) {
        this.#isTimerSet = true;
        await node.schedule(SAY_TIMER, SAY_AGAIN_MS);
      }
    }
  }
}

/** Tells MQTT, at `bridge/event`, of something that happened; nobody is told of it later. No card is in it. */
export async function sayEvent(node: AgentNode, event: JsonObject): Promise<void> {
  await said(node, 'bridge/event', event, false);
}

function payloadOf({ isOn, isOpen }: Look, alarms: readonly Alarm[]): JsonObject {
  const isJammed = alarms.includes('jammed') || alarms.includes('welded');
  const state = isOn === null ? null : isOn ? 'unlocked' : 'locked';
  return {
    state: isJammed ? 'jammed' : state,
    contact: isOpen === null ? null : isOpen ? 'open' : 'closed',
    alarms,
    output: isOn === null ? null : isOn ? 'on' : 'off',
  };
}

async function said(node: AgentNode, topic: string, payload: JsonObject, retain: boolean): Promise<boolean> {
  try {
    await node.publish(topic, payload, retain);
    return true;
  } catch (error) {
    // Too much was said, or there is no broker just now: no reason to keep a door from working.
    if (error instanceof CallError) return false;
    throw error;
  }
}
