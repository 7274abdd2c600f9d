import { HEALTH_LOOK_MS, SUPERVISOR_STATUS_CHARS_MAX } from '../base/limits.ts';
import type { Clock, LifeSigns, Supervisor } from '../base/ports.ts';
import type { Health, HealthReport } from './health.ts';

/** How many signs a start may stay away. It may take long by itself: a ledger of years is played anew after a restore. */
const WAITED_LOOKS = 8;

interface LifeParts {
  readonly supervisor: Supervisor;
  readonly clock: Clock;
}

/**
 * Tells the supervisor how this node is: that it still starts, that it runs, and, from then on, that it is alive, for
 * as long as it is. What it says of a fault that a new start does not mend is a line for people.
 */
export class NodeLife {
  readonly #supervisor: Supervisor;
  readonly #clock: Clock;
  readonly #everyMs: number;
  #health: Health | null = null;
  #cancel: () => void = () => {};
  #isReady = false;
  #isOver = false;
  #telling: Promise<void> = Promise.resolve();

  constructor({ supervisor, clock }: LifeParts) {
    this.#supervisor = supervisor;
    this.#clock = clock;
    this.#everyMs = Math.min(HEALTH_LOOK_MS, supervisor.everyMs ?? HEALTH_LOOK_MS);
  }

  /** To be called before the start, of which it tells from time to time: an event loop that hangs is not waited for. */
  begin(): void {
    if (this.#supervisor.everyMs === null) return;
    void this.#tell({ status: 'starting: opens the ledger and plays what is new', ...this.#more() });
    this.#again();
  }

  /** The node runs, and says so as soon as nothing vital is wrong. Resolves when the supervisor knows how it is. */
  async ready(health: Health): Promise<void> {
    this.#health = health;
    if (this.#supervisor.everyMs !== null) await this.#say(await health.look());
  }

  /** The node stops, or could not start. Resolves when the supervisor knows; nothing is told afterwards. */
  async end(status: string): Promise<void> {
    if (this.#isOver) return;
    this.#cancel();
    const told = this.#supervisor.everyMs === null ? null : this.#tell({ state: 'stopping', status });
    this.#isOver = true;
    await told;
  }

  #more(): LifeSigns {
    return { moreMs: WAITED_LOOKS * this.#everyMs };
  }

  #again(): void {
    this.#cancel = this.#clock.after(this.#everyMs, () => void this.#look());
  }

  async #look(): Promise<void> {
    if (this.#health === null) await this.#tell(this.#more());
    else await this.#say(await this.#health.look());
    if (!this.#isOver) this.#again();
  }

  /** With a vital fault there is no sign: a start that never gets beyond one is over when its time is. */
  #say(report: HealthReport): Promise<void> {
    const status = statusOf(report);
    if (!report.isAlive) return this.#tell({ status });
    const isFirst = !this.#isReady;
    this.#isReady = true;
    return this.#tell({ ...(isFirst ? { state: 'ready' } : {}), status, isWell: true });
  }

  /** One after the other: what is told last is what holds. */
  #tell(signs: LifeSigns): Promise<void> {
    this.#telling = this.#telling.then(async () => {
      if (!this.#isOver || signs.state === 'stopping') await this.#supervisor.tell(signs);
    });
    return this.#telling;
  }
}

/** One line: `systemctl status` shows it. */
function statusOf({ isWell, faults }: HealthReport): string {
  if (isWell) return 'running';
  const text = faults.map(({ part, message }) => `${part}: ${message}`).join('; ');
  return `running, but ${text}`.slice(0, SUPERVISOR_STATUS_CHARS_MAX);
}
