import type { AgentNode } from '../../sdk/agent-node.ts';
import type { Moment } from '../../sdk/moment.ts';
import { type Alarm, isAlarm, isLatched } from '../alarms.ts';
import { ALARM_PREFIX, alarmKey } from '../keys.ts';
import { ALARM_STEP_MS } from '../limits.ts';
import { everyAlarm } from '../standing-alarms.ts';
import { type Line, tellLine } from './alarm-line.ts';
import { sayEvent } from './shown.ts';

/** Timer: a step is over, and what came again within it, or could not be written down, is told now. */
export const ALARM_TIMER = 'alarms';

/**
 * The alarms of the doors here: each is told once when it begins and once when it ends, as a fact and on MQTT. One
 * whose cause comes and goes is told once a step at most; one that cannot be written down, on a full disk, is kept
 * and told as soon as it can. Those that stood when the agent started are read from the state, and stay until what
 * they are about is known again.
 */
export class AlarmBook {
  readonly #lines = new Map<string, Line>();
  /** Told as on within this step. */
  readonly #paced = new Set<string>();
  #isStepSet = false;
  #running: Promise<void> = Promise.resolve();
  readonly #onTold: (node: AgentNode) => Promise<void>;

  /** @param onTold runs when what stands is another. */
  constructor(onTold: (node: AgentNode) => Promise<void>) {
    this.#onTold = onTold;
  }

  /** Reads what stands. What is raised or ended meanwhile is told after it. */
  start(node: AgentNode): Promise<void> {
    const reading = everyAlarm(node).then((alarms) => {
      for (const { door, alarm, event } of alarms) {
        Object.assign(this.#lineOf(door, alarm), { isTold: true, isInState: true, event });
      }
    });
    this.#running = reading.catch(() => undefined);
    return reading;
  }

  /** Whether it is told, or about to be. */
  stands(door: string, alarm: Alarm): boolean {
    const line = this.#lines.get(`${door}/${alarm}`);
    return line !== undefined && (line.isTold || line.cause === true);
  }

  standing(door: string): readonly Alarm[] {
    return [...this.#lines.values()].filter((line) => line.door === door && line.isTold).map(({ alarm }) => alarm);
  }

  /** What the alarm is about is there. */
  async raise(door: string, alarm: Alarm, event: string | null, at: Moment, node: AgentNode): Promise<void> {
    const line = this.#lineOf(door, alarm);
    if (line.cause !== true) line.event = event;
    line.cause = true;
    await this.#settle([line], at, node);
  }

  /** What the alarm is about is over. One that is latched stands all the same. */
  async end(door: string, alarm: Alarm, at: Moment, node: AgentNode): Promise<void> {
    const line = this.#lineOf(door, alarm);
    line.cause = false;
    await this.#settle([line], at, node);
  }

  /** Records of alarms have changed; no keys: any. */
  async changed(keys: readonly string[], at: Moment, node: AgentNode): Promise<void> {
    const named = keys.filter((key) => key.startsWith(ALARM_PREFIX));
    const all = keys.length === 0 ? [...this.#lines.values()].map((line) => alarmKey(line.door, line.alarm)) : named;
    for (const key of all) {
      const [door = '', alarm = ''] = key.slice(ALARM_PREFIX.length).split('/');
      if (!isAlarm(alarm)) continue;
      const isThere = (await node.read(key)) !== null;
      const line = this.#lines.get(`${door}/${alarm}`);
      if (isThere) this.#know(door, alarm, line?.event ?? null);
      else if (line?.isInState === true) {
        // Cleared, for what we end ourselves is not told any more.
        line.isInState = false;
        line.isTold = false;
        await this.#settle([line], at, node);
        await this.#onTold(node);
      }
    }
  }

  /** The timer is due. */
  async step(at: Moment, node: AgentNode): Promise<void> {
    this.#isStepSet = false;
    this.#paced.clear();
    await this.#settle([...this.#lines.values()], at, node);
  }

  #lineOf(door: string, alarm: Alarm): Line {
    const name = `${door}/${alarm}`;
    const line = this.#lines.get(name) ?? { door, alarm, cause: null, isTold: false, isInState: false, event: null };
    this.#lines.set(name, line);
    return line;
  }

  /** The state has it. */
  #know(door: string, alarm: Alarm, event: string | null): void {
    const isNew = !this.#lines.has(`${door}/${alarm}`);
    const line = this.#lineOf(door, alarm);
    if (isNew) Object.assign(line, { isTold: true, event });
    line.isInState = line.isTold;
  }

  /** One after the other: two at once would tell the same alarm twice. */
  #settle(lines: readonly Line[], at: Moment, node: AgentNode): Promise<void> {
    const settling = this.#running.then(async () => {
      for (const line of lines) await this.#settleLine(line, at, node);
    });
    this.#running = settling.catch(() => undefined);
    return settling;
  }

  async #settleLine(line: Line, at: Moment, node: AgentNode): Promise<void> {
    const name = `${line.door}/${line.alarm}`;
    const isDue = line.cause === true && !line.isTold;
    const isOver = line.cause === false && line.isTold && !isLatched(line.alarm);
    if (!isDue && !isOver) {
      if (line.cause === false && !line.isTold) this.#lines.delete(name);
      return;
    }
    if ((isDue && this.#paced.has(name)) || !(await tellLine(line, isDue, at, node))) {
      await this.#setStep(node);
      return;
    }
    line.isTold = isDue;
    if (isDue) {
      this.#paced.add(name);
      await this.#setStep(node);
      // Forcing a door is over when it is done.
      if (line.alarm === 'forced_open') line.cause = false;
    } else {
      line.isInState = false;
      if (line.cause === false) this.#lines.delete(name);
    }
    await sayEvent(node, { type: 'alarm', door: line.door, alarm: line.alarm, on: isDue });
    await this.#onTold(node);
  }

  async #setStep(node: AgentNode): Promise<void> {
    if (this.#isStepSet) return;
    this.#isStepSet = true;
    await node.schedule(ALARM_TIMER, ALARM_STEP_MS);
  }
}
