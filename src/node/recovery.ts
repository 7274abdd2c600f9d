import { CodedError } from '../base/errors.ts';
import type { PinsClient } from '../devices/pins/client.ts';
import type { PinsOutputEvent } from '../devices/pins/events.ts';
import type { PinsRecord } from '../devices/pins/protocol.ts';
import { MESH } from '../ledger/mesh/keys.ts';
import type { Log } from '../sandbox/log.ts';
import type { Space } from './space.ts';

interface OpenPulse {
  readonly output: string;
  readonly onNs: bigint;
}

type PulseBody = Readonly<Record<'pulse' | 'output' | 'onNs' | 'offNs' | 'end', string>>;

/** How a pulse ended whose pins process died; when the line went off nobody knows, so its end is when we missed it. */
const PINS_LOST = 'pins-lost';
/** The facts about pulses that are written here. */
const RECOVERED = 'recovered';
const INTERRUPTED = 'interrupted';

/**
 * Brings ledger and pins process into agreement after we were gone. Every pulse gets a fact: one that a dead node had
 * no time to write down is `recovered`; one that was written down but whose node died before it ended is also
 * `interrupted`. Both tell when and why the pins process ended it, so a pulse that still runs is told when it has. One
 * whose pins process died is `interrupted` too, once that process is back.
 */
export class Recovery {
  readonly #space: Space;
  readonly #log: Log;
  /** Ids of pulses of an earlier life that have not ended yet. */
  readonly #running = new Set<string>();
  /** Pulses and holds that go on, as far as the pins process has told: should it die, they end untold. */
  readonly #open = new Map<string, OpenPulse>();
  #lostNs: bigint | null = null;
  #pins: PinsClient | null = null;
  #reading: Promise<void> = Promise.resolve();

  constructor(space: Space, log: Log) {
    this.#space = space;
    this.#log = log;
  }

  /** Reads all records of the pins process. Running this again adds nothing. */
  run(pins: PinsClient): Promise<void> {
    this.#pins = pins;
    this.#running.clear();
    this.#reading = this.#readAfter(pins, [...this.#open]);
    return this.#reading;
  }

  /** To be called for what the pins process says of an output. */
  heard({ id, output, atNs, end }: PinsOutputEvent): void {
    if (end === undefined) this.#open.set(id, { output, onNs: atNs });
    else this.#open.delete(id);
  }

  /** To be called when the pins process is gone. */
  lost(): void {
    this.#lostNs = process.hrtime.bigint();
  }

  /** @param before what went on when we last heard; a pins process that has died does not know of it any more. */
  async #readAfter(pins: PinsClient, before: readonly (readonly [id: string, pulse: OpenPulse])[]): Promise<void> {
    const records = await this.#read(pins, () => true);
    const known = new Set(records.map(({ id }) => id));
    for (const { id, output, onNs, offNs } of records) if (offNs === undefined) this.#open.set(id, { output, onNs });
    const { journal } = this.#space;
    for (const [id, { output, onNs }] of before) {
      // A hold is told of by nobody, and this may be a second try.
      if (known.has(id)) continue;
      this.#open.delete(id);
      if (!journal.isTold(id) || journal.hasPulse(id, `${MESH} ${INTERRUPTED}`)) continue;
      const body = { pulse: id, output, onNs: `${onNs}`, offNs: `${this.#lostNs ?? onNs}`, end: PINS_LOST };
      await this.#append(INTERRUPTED, body, 'pulse interrupted: its pins process died before it ended');
    }
  }

  async #read(pins: PinsClient, isWanted: (record: PinsRecord) => boolean): Promise<readonly PinsRecord[]> {
    const told: Promise<void>[] = [];
    const records = await pins.records(0);
    for (const record of records) {
      const fact = isWanted(record) ? this.#factFor(record) : null;
      if (fact === null) continue;
      if (record.offNs === undefined) this.#running.add(record.id);
      else told.push(this.#tell(record, record.offNs, fact));
    }
    await Promise.all(told);
    return records;
  }

  /**
   * To be called for a pulse of this life that nobody else will tell of: its agent died before it could, or the pins
   * process did not answer in time and may have carried it out all the same.
   */
  async adopt(id: string): Promise<void> {
    this.#running.add(id);
    // It may have ended already.
    if (this.#pins !== null) await this.#guarded(id, this.#pins);
  }

  /** To be called when the pins process says that a pulse has ended. */
  async ended(id: string): Promise<void> {
    // What is being read now may have seen it before it ended.
    await this.#reading.catch(() => undefined);
    if (this.#pins !== null && this.#running.delete(id)) await this.#guarded(id, this.#pins);
  }

  /** Only this one: another pulse of this life may still be on its way to its own fact. */
  async #guarded(id: string, pins: PinsClient): Promise<void> {
    try {
      await this.#read(pins, (record) => record.id === id);
    } catch (error) {
      // The connection is gone; the next one starts with all records again.
      if (!(error instanceof CodedError)) throw error;
      this.#log.warn({ pulse: id, code: error.code }, `pulse not told yet: ${error.message}`);
    }
  }

  #factFor(record: PinsRecord): string | null {
    const { journal, writer } = this.#space;
    // A fact about it is on its way to the disk.
    if (writer.isTelling(record.id)) return null;
    // A hold is told of by nobody: it ends with the node that asked for it.
    if (record.kind !== 'pulse') return null;
    if (!journal.isTold(record.id)) return RECOVERED;
    const isTold = (fact: string) => journal.hasPulse(record.id, `${MESH} ${fact}`);
    const isInterrupted = record.owner === 'lost' && !isTold(RECOVERED) && !isTold(INTERRUPTED);
    return isInterrupted ? INTERRUPTED : null;
  }

  async #tell({ id, output, onNs, end }: PinsRecord, offNs: bigint, fact: string): Promise<void> {
    const body = { pulse: id, output, onNs: onNs.toString(), offNs: offNs.toString(), end: end ?? 'timer' };
    const what =
      fact === RECOVERED ? 'pulse without a fact, recovered' : 'pulse interrupted: its node died before it ended';
    await this.#append(fact, body, what);
  }

  async #append(fact: string, body: PulseBody, what: string): Promise<void> {
    const { pulse: id } = body;
    this.#log.warn(body, what);
    try {
      await this.#space.appendFact(MESH, fact, body, [{ pulse: id, fact: `${MESH} ${fact}` }]);
    } catch (error) {
      // A full disk must not keep the door shut; the next connection tries again.
      if (!(error instanceof CodedError)) throw error;
      this.#log.warn({ pulse: id, code: error.code }, `pulse not told yet: ${error.message}`);
    }
  }
}
