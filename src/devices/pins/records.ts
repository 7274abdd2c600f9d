import { PINS_RECORDS_MAX } from '../../base/limits.ts';
import type { PinsRecord } from './protocol.ts';

/** A record with what only the pins process knows of it. */
export interface KeptRecord extends PinsRecord {
  /** As asked for; 0 for a hold. */
  readonly ms: number;
  /** The connection that asked. */
  readonly ownerSerial: number;
}

/** The last PINS_RECORDS_MAX records, numbered from 1. */
export class RecordRing {
  readonly #places: KeptRecord[] = [];
  #lastSeq = 0;

  nextSeq(): number {
    return this.#lastSeq + 1;
  }

  add(record: KeptRecord): void {
    this.#lastSeq = record.seq;
    this.#places[record.seq % PINS_RECORDS_MAX] = record;
  }

  /** Stores the new state of a record, unless the ring has moved past it. */
  update(record: KeptRecord): void {
    const place = record.seq % PINS_RECORDS_MAX;
    if (this.#places[place]?.seq === record.seq) this.#places[place] = record;
  }

  find(id: string): KeptRecord | undefined {
    return this.#places.find((record) => record?.id === id);
  }

  /** Up to `countMax` records above `since`, oldest first. */
  after(since: number, countMax: number): readonly KeptRecord[] {
    const oldest = Math.max(since + 1, this.#lastSeq - PINS_RECORDS_MAX + 1, 1);
    const found: KeptRecord[] = [];
    for (let seq = oldest; seq <= this.#lastSeq && found.length < countMax; seq += 1) {
      const record = this.#places[seq % PINS_RECORDS_MAX];
      if (record !== undefined) found.push(record);
    }
    return found;
  }
}
