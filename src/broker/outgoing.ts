import type { Database, Statement } from 'better-sqlite3';
import { BROKER_QUEUE_BYTES_MAX, BROKER_QUEUE_MESSAGES_MAX, BROKER_QUEUES_BYTES_MAX } from '../base/limits.ts';
import { Loads } from './loads.ts';
import { bytesOf, outgoingPacket, type Packet, type PacketRow, packetOf, rowOf } from './packets.ts';

interface Row extends PacketRow {
  readonly position: number;
  readonly message: number | null;
  readonly bytes: number;
}

const COLUMNS = 'position, message, bytes, meta, payload';

/**
 * Messages of QoS 1 and 2 on their way to sessions, in order. A full queue loses its own oldest message, for what a
 * door or a lamp is now counts more than what it was; it never loses one of another client.
 */
export class Outgoing {
  readonly #database: Database;
  readonly #loads = new Loads<string>();
  readonly #onDrop: (client: string) => void;
  readonly #insert: Statement<[string, string, number, number, string, Uint8Array | string]>;
  readonly #setMessage: Statement<[number | null, string, string, number]>;
  readonly #byMessage: Statement<[string, number], Row>;
  readonly #byPosition: Statement<[number], Row>;
  readonly #delete: Statement<[number]>;

  /** @param onDrop runs for each message that a full queue lost. */
  constructor(database: Database, onDrop: (client: string) => void) {
    this.#database = database;
    this.#onDrop = onDrop;
    this.#insert = database.prepare(
      'INSERT OR IGNORE INTO outgoing (client, broker, counter, bytes, meta, payload) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#setMessage = database.prepare(
      'UPDATE outgoing SET message = ? WHERE client = ? AND broker = ? AND counter = ?',
    );
    this.#byMessage = database.prepare(
      `SELECT ${COLUMNS} FROM outgoing WHERE client = ? AND message = ? ORDER BY position LIMIT 1`,
    );
    this.#byPosition = database.prepare(`SELECT ${COLUMNS} FROM outgoing WHERE position = ?`);
    this.#delete = database.prepare('DELETE FROM outgoing WHERE position = ?');
    this.reload();
  }

  get bytes(): number {
    return this.#loads.all.bytes;
  }

  reload(): void {
    this.#loads.clear();
    const rows = this.#database.prepare<[], { client: string; count: number; bytes: number }>(
      'SELECT client, count(*) AS count, sum(bytes) AS bytes FROM outgoing GROUP BY client',
    );
    for (const { client, count, bytes } of rows.iterate()) this.#loads.add(client, count, bytes);
  }

  /** Twice the same message of one broker stays one. */
  enqueue(client: string, message: Packet): void {
    const packet = outgoingPacket(message);
    const { brokerId = '', brokerCounter = 0 } = packet;
    const bytes = bytesOf(packet);
    if (!this.#makeRoom(client, bytes)) return;
    const { meta, payload } = rowOf(packet);
    const { changes } = this.#insert.run(client, brokerId, brokerCounter, bytes, meta, payload);
    if (changes > 0) this.#loads.add(client, 1, bytes);
  }

  /**
   * Notes the number under which a message was sent, or that of a message only the PUBREL is left to say. One that is
   * not there any more, because its queue was full, is passed over.
   */
  update(client: string, packet: Packet): void {
    const { brokerId = '', brokerCounter = 0, messageId = 0, cmd } = packet;
    if (this.#setMessage.run(messageId, client, brokerId, brokerCounter).changes > 0 || cmd === 'publish') return;
    const row = this.#byMessage.get(client, messageId);
    if (row === undefined) return;
    this.#database
      .prepare(
        "UPDATE outgoing SET broker = NULL, counter = NULL, meta = ?, payload = x'', bytes = 0 WHERE position = ?",
      )
      .run(JSON.stringify({ cmd }), row.position);
    this.#loads.add(client, 0, -row.bytes);
  }

  /** Forgets the message that was sent under this number. @returns it, or undefined. */
  clear(client: string, message: number): Packet | undefined {
    const row = this.#byMessage.get(client, message);
    if (row === undefined) return undefined;
    this.#remove(client, row);
    return shown(row);
  }

  clean(client: string): void {
    const { count, bytes } = this.#loads.of(client);
    if (count === 0) return;
    this.#database.prepare('DELETE FROM outgoing WHERE client = ?').run(client);
    this.#loads.add(client, -count, -bytes);
  }

  /** Clients for whom messages wait. */
  clients(): readonly string[] {
    return this.#loads.owners();
  }

  /** What waits for a client when this is called, in order; what has gone by the time it is its turn is left out. */
  stream(client: string): Iterable<Packet> {
    const positions = this.#database
      .prepare<[string], number>('SELECT position FROM outgoing WHERE client = ? ORDER BY position')
      .pluck()
      .all(client);
    return this.#read(positions);
  }

  *#read(positions: readonly number[]): Generator<Packet> {
    for (const position of positions) {
      const row = this.#byPosition.get(position);
      if (row !== undefined) yield shown(row);
    }
  }

  /** @returns false when there is no room for it even so. */
  #makeRoom(client: string, bytes: number): boolean {
    for (;;) {
      const { count, bytes: held } = this.#loads.of(client);
      const isFull = count + 1 > BROKER_QUEUE_MESSAGES_MAX || held + bytes > BROKER_QUEUE_BYTES_MAX;
      if (!isFull && this.bytes + bytes <= BROKER_QUEUES_BYTES_MAX) return true;
      this.#onDrop(client);
      const oldest = this.#database
        .prepare<[string], Row>(`SELECT ${COLUMNS} FROM outgoing WHERE client = ? ORDER BY position LIMIT 1`)
        .get(client);
      // The queues of others take all the room there is.
      if (oldest === undefined) return false;
      this.#remove(client, oldest);
    }
  }

  #remove(client: string, { position, bytes }: Row): void {
    this.#delete.run(position);
    this.#loads.add(client, -1, -bytes);
  }
}

/** A PUBREL is a number alone; a message has one once it was sent. */
function shown(row: Row): Packet {
  const packet = packetOf(row);
  const { cmd = 'publish' } = packet;
  if (cmd !== 'publish') return { cmd, messageId: row.message ?? 0 };
  return { ...packet, messageId: row.message ?? undefined };
}
