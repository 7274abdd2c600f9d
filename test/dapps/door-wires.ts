import type { JsonObject } from '../../src/base/json.ts';
import { AgentUnderTest, at, MINUTE_MS, NOON_MS } from './door-agent.ts';

/** The agent at a door with every wire, and time that goes on for its timers. */
export class WiredDoor extends AgentUnderTest {
  /** Since the start; the wall clock is NOON_MS + this, the monotonic one starts at a million. */
  #ms = 0;
  #events = 0;

  constructor() {
    super();
    this.edit('front', { exit: 'button', contact: 'reed', tamper: 'lid', bell: 'ring', heldMs: 30_000 });
    for (const input of ['button', 'reed', 'lid', 'ring']) this.give('door', { [`input/${input}`]: 'front' });
  }

  override get nowMs(): number {
    return 1_000_000 + this.#ms;
  }

  get at(): JsonObject {
    return at(NOON_MS + this.#ms);
  }

  async input(input: string, active: boolean | null, isInitial = false): Promise<void> {
    const payload = { input, active, atNs: `${this.nowMs}000000`, event: this.#event() };
    await this.send(`input/${input}`, isInitial ? { ...payload, initial: true } : payload);
  }

  /** What an output is, and what its feedback says. */
  async output(on: boolean | null, fault: string | null = null): Promise<void> {
    await this.send('output/o-front', { output: 'o-front', on, fault, event: this.#event() });
  }

  async reader(state: string): Promise<void> {
    await this.send('reader/r-front', { reader: 'r-front', state, event: this.#event() });
  }

  async send(topic: string, payload: JsonObject): Promise<void> {
    await this.program.call('event', { topic, payload, at: this.at });
    await this.settled();
  }

  /** Lets time go on, in which what is due comes. The timer of keep-open hours is left out. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#ms + ms;
    for (;;) {
      const next = [...this.#due].sort(([, a], [, b]) => a - b)[0];
      if (next === undefined || next[1] > endMs) break;
      this.#ms = Math.max(this.#ms, next[1]);
      this.#due.delete(next[0]);
      await this.fire(next[0], this.at);
    }
    this.#ms = endMs;
  }

  /** When each timer that the agent has set is due. */
  readonly #due = new Map<string, number>();

  /** To be called once, before the agent starts. */
  watchTimers(): this {
    this.before = ({ method, params }) => {
      if (method !== 'schedule') return;
      const id = String(params.id);
      if (params.ms === null || id === 'minute' || id === 'enforce') this.#due.delete(id);
      else this.#due.set(id, this.#ms + Number(params.ms));
    };
    return this;
  }

  /** Kinds of alarms with whether they began, as facts told them since the last look; and whatever else was done. */
  alarmsTold(): readonly string[] {
    return this.acts().filter((act) => act.startsWith('alarm '));
  }

  /** What MQTT has retained of the door. */
  get shown(): JsonObject {
    return this.heard.findLast(({ topic }) => topic === 'front')?.payload as JsonObject;
  }

  /** Told to MQTT at `bridge/event` since the last look. */
  told(): readonly string[] {
    const events = this.heard
      .filter(({ topic }) => topic === 'bridge/event')
      .map(({ payload }) => payload as JsonObject);
    const shown = this.heard.findLast(({ topic }) => topic === 'front');
    this.heard.splice(0, this.heard.length, ...(shown === undefined ? [] : [shown]));
    return events.map(({ type, alarm, on, by, code }) =>
      [type, alarm, on, by, code].filter((part) => part !== undefined).join(' '),
    );
  }

  #event(): string {
    this.#events += 1;
    return `wire-${this.#events}`;
  }
}

/** A door whose agent runs, with everything at rest and known. */
export async function wiredDoor(): Promise<WiredDoor> {
  const door = new WiredDoor().watchTimers();
  await door.start();
  for (const input of ['button', 'reed', 'lid', 'ring']) await door.input(input, false, true);
  await door.output(false);
  await door.reader('open');
  door.acts();
  door.told();
  return door;
}

export { MINUTE_MS };
