import type { JsonObject } from '../../src/base/json.ts';
import type { Session } from '../../src/cli/session.ts';
import type { PinsEvent } from '../../src/devices/pins/events.ts';
import type { SoakDoor } from './soak-door.ts';

/** Pulses whose fact has not been read yet; more than a sample can leave over is a leak of the node's. */
const PULSES_MAX = 100_000;

interface LogPage {
  readonly rows: readonly { readonly kind: string; readonly body: JsonObject; readonly outcome: JsonObject }[];
  readonly cursor: JsonObject;
}

/** What the ledger says of the badges: every fact once, and how long after its badge each output went on. */
export class SoakFacts {
  granted = 0;
  /** By code. */
  readonly denied = new Map<string, number>();
  /** Granted, but the output did not go on; by code. */
  readonly faults = new Map<string, number>();
  /** Entries that are not accepted. */
  refused = 0;
  /** Since they were last taken, ms from the frame's last byte to the output. */
  #latencies: number[] = [];
  readonly #doors: ReadonlyMap<string, SoakDoor>;
  readonly #members: ReadonlyMap<string, number>;
  readonly #pulses = new Map<string, bigint>();
  readonly #events = new Set<string>();
  #cursor: JsonObject;

  /**
   * @param members number of each member by id.
   * @param cursor the end of the log before the first badge.
   */
  constructor(doors: readonly SoakDoor[], members: ReadonlyMap<string, number>, cursor: JsonObject) {
    this.#doors = new Map(doors.map((door) => [door.name, door]));
    this.#members = members;
    this.#cursor = cursor;
  }

  get count(): number {
    return this.granted + [...this.denied.values()].reduce((sum, count) => sum + count, 0);
  }

  /** To be called for every event of the pins process. */
  pulse(event: PinsEvent): void {
    if (event.type !== 'output') return;
    const { id, output, atNs, end } = event;
    if (end !== undefined || this.#pulses.size >= PULSES_MAX) return;
    this.#pulses.set(id, atNs);
    this.#doors.get(output.replace(/-strike$/, ''))?.answered();
  }

  /** Reads the log on to its end. */
  async read(session: Session): Promise<void> {
    for (;;) {
      const page = (await session.call('log.read', this.#cursor)) as unknown as LogPage;
      if (page.rows.length === 0) return;
      for (const row of page.rows) this.#take(row);
      this.#cursor = page.cursor;
    }
  }

  /** The latencies of facts read since this was asked last. */
  takeLatencies(): readonly number[] {
    const latencies = this.#latencies;
    this.#latencies = [];
    return latencies;
  }

  #take({ kind, body, outcome }: LogPage['rows'][number]): void {
    if (outcome.status !== 'ok') this.refused += 1;
    if (kind !== 'granted' && kind !== 'denied') return;
    // A badge told of twice would hide one that is not told of.
    const event = String(body.event);
    if (this.#events.has(event)) throw new Error(`event ${event} has two facts`);
    this.#events.add(event);
    if (kind === 'denied') count(this.denied, String(body.code));
    else this.#takeGranted(body);
  }

  #takeGranted(body: JsonObject): void {
    this.granted += 1;
    if (typeof body.pulse !== 'string') {
      count(this.faults, String(body.fault));
      return;
    }
    const onNs = this.#pulses.get(body.pulse);
    this.#pulses.delete(body.pulse);
    const member = this.#members.get(String(body.member));
    if (onNs === undefined || member === undefined) return;
    const sentNs = this.#doors.get(String(body.door))?.sentNs(member, onNs);
    if (sentNs !== undefined) this.#latencies.push(Number(onNs - sentNs) / 1e6);
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
