import type { Database } from 'better-sqlite3';
import {
  BROKER_RETAINED_BYTES_MAX,
  BROKER_RETAINED_BYTES_PER_DEVICE_MAX,
  BROKER_RETAINED_MAX,
  BROKER_RETAINED_PER_DEVICE_MAX,
} from '../base/limits.ts';
import { Loads } from './loads.ts';
import { bytesOf, deviceOf, type Packet, type PacketRow, packetOf, rowOf } from './packets.ts';
import { filterMatches } from './topics.ts';

interface Held {
  readonly device: string | null;
  readonly bytes: number;
}

/**
 * The last retained message of each topic: in the file, its topics in memory too. Over a cap a new one is refused and
 * the old ones stay; what this node publishes itself is never refused, for it is bounded by what this node has.
 */
export class Retained {
  readonly #database: Database;
  readonly #held = new Map<string, Held>();
  readonly #loads = new Loads<string | null>();

  constructor(database: Database) {
    this.#database = database;
    this.reload();
  }

  get count(): number {
    return this.#loads.all.count;
  }

  reload(): void {
    this.#held.clear();
    this.#loads.clear();
    const rows = this.#database.prepare<[], Held & { topic: string }>('SELECT topic, device, bytes FROM retained');
    for (const { topic, device, bytes } of rows.iterate()) this.#note(topic, { device, bytes });
  }

  /** Keeps it, or forgets the topic where the payload is empty. @returns false when a cap refuses it. */
  store(packet: Packet): boolean {
    const { topic = '', payload = '', clientId } = packet;
    const device = clientId === undefined ? null : deviceOf(clientId);
    const before = this.#held.get(topic);
    if (payload.length === 0) {
      this.#forget(topic);
      return true;
    }
    const bytes = bytesOf(packet);
    if (device !== null && !this.#hasRoom(device, bytes, before)) return false;
    const { meta, payload: stored } = rowOf(packet);
    this.#database
      .prepare('INSERT OR REPLACE INTO retained (topic, device, bytes, meta, payload) VALUES (?, ?, ?, ?, ?)')
      .run(topic, device, bytes, meta, stored);
    this.#drop(topic);
    this.#note(topic, { device, bytes });
    return true;
  }

  /** The device that published what is retained at `topic`; null: this node, or nothing is. */
  publisherOf(topic: string): string | null {
    return this.#held.get(topic)?.device ?? null;
  }

  /** Topics whose last message `isWanted` picks by who published it. */
  topicsBy(isWanted: (device: string) => boolean): readonly string[] {
    return [...this.#held].flatMap(([topic, { device }]) => (device !== null && isWanted(device) ? [topic] : []));
  }

  /** Those whose topic one of the filters picks, once for each filter that does. */
  *matching(filters: readonly string[]): Generator<Packet> {
    const select = this.#database.prepare<[string], PacketRow>('SELECT meta, payload FROM retained WHERE topic = ?');
    for (const filter of filters) {
      const topics = /[+#]/.test(filter) ? [...this.#held.keys()] : [filter];
      for (const topic of topics) {
        if (!filterMatches(filter, topic)) continue;
        const row = select.get(topic);
        if (row !== undefined) yield packetOf(row);
      }
    }
  }

  #hasRoom(device: string, bytes: number, before: Held | undefined): boolean {
    const [own, all] = [this.#loads.of(device), this.#loads.all];
    const mine = before?.device === device ? before : null;
    const [newOfAll, newOfOwn] = [before === undefined ? 1 : 0, mine === null ? 1 : 0];
    return (
      all.count + newOfAll <= BROKER_RETAINED_MAX &&
      all.bytes + bytes - (before?.bytes ?? 0) <= BROKER_RETAINED_BYTES_MAX &&
      own.count + newOfOwn <= BROKER_RETAINED_PER_DEVICE_MAX &&
      own.bytes + bytes - (mine?.bytes ?? 0) <= BROKER_RETAINED_BYTES_PER_DEVICE_MAX
    );
  }

  #forget(topic: string): void {
    if (!this.#held.has(topic)) return;
    this.#database.prepare('DELETE FROM retained WHERE topic = ?').run(topic);
    this.#drop(topic);
  }

  #note(topic: string, held: Held): void {
    this.#held.set(topic, held);
    this.#loads.add(held.device, 1, held.bytes);
  }

  #drop(topic: string): void {
    const held = this.#held.get(topic);
    if (held === undefined) return;
    this.#held.delete(topic);
    this.#loads.add(held.device, -1, -held.bytes);
  }
}
