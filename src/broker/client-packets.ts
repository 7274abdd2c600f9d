import type { Database } from 'better-sqlite3';
import { type Packet, type PacketRow, packetOf, rowOf } from './packets.ts';

/** Messages of QoS 2 that a client has not released yet, by its own number; and wills, one a client. */
export class ClientPackets {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  storeIncoming(client: string, packet: Packet): void {
    const { messageId = 0, cmd = '', topic = '', payload = '', qos = 0, retain = false, dup = false } = packet;
    const row = rowOf({ cmd, topic, payload, qos, retain, dup, messageId });
    this.#database
      .prepare('INSERT OR REPLACE INTO incoming (client, message, meta, payload) VALUES (?, ?, ?, ?)')
      .run(client, messageId, row.meta, row.payload);
  }

  incoming(client: string, message: number): Packet | undefined {
    const row = this.#database
      .prepare<[string, number], PacketRow>('SELECT meta, payload FROM incoming WHERE client = ? AND message = ?')
      .get(client, message);
    return row === undefined ? undefined : packetOf(row);
  }

  /** @returns whether it was there. */
  deleteIncoming(client: string, message: number): boolean {
    const remove = this.#database.prepare('DELETE FROM incoming WHERE client = ? AND message = ?');
    return remove.run(client, message).changes > 0;
  }

  cleanIncoming(client: string): void {
    this.#database.prepare('DELETE FROM incoming WHERE client = ?').run(client);
  }

  /** @param broker the life of the broker that answers for it. */
  storeWill(client: string, broker: string, packet: Packet): void {
    const { meta, payload } = rowOf(packet);
    this.#database
      .prepare('INSERT OR REPLACE INTO will (client, broker, meta, payload) VALUES (?, ?, ?, ?)')
      .run(client, broker, meta, payload);
  }

  will(client: string): Packet | undefined {
    const row = this.#database
      .prepare<[string], PacketRow>('SELECT meta, payload FROM will WHERE client = ?')
      .get(client);
    return row === undefined ? undefined : packetOf(row);
  }

  deleteWill(client: string): void {
    this.#database.prepare('DELETE FROM will WHERE client = ?').run(client);
  }

  wills(): readonly { readonly broker: string; readonly will: Packet }[] {
    const rows = this.#database.prepare<[], PacketRow & { broker: string }>('SELECT broker, meta, payload FROM will');
    return rows.all().map((row) => ({ broker: row.broker, will: packetOf(row) }));
  }

  /** Clients of whom there is one or the other. */
  clients(): readonly string[] {
    return this.#database
      .prepare<[], string>('SELECT client FROM incoming UNION SELECT client FROM will')
      .pluck()
      .all();
  }
}
