import type { Database } from 'better-sqlite3';
import { CodedError, messageOf } from '../base/errors.ts';
import { BROKER_AHEAD_MAX } from '../base/limits.ts';
import { ClientPackets } from './client-packets.ts';
import { openBrokerDatabase } from './database.ts';
import type { Drops } from './drops.ts';
import { GroupCommit } from './group-commit.ts';
import type { Log } from './log.ts';
import { Nonces } from './nonces.ts';
import { Outgoing } from './outgoing.ts';
import { deviceOf, type Packet } from './packets.ts';
import { Retained } from './retained.ts';
import { Sessions } from './sessions.ts';

export interface StoreParts {
  /** `broker.db`. */
  readonly path: string;
  readonly log: Log;
  readonly drops: Drops;
  readonly isConnected: (client: string) => boolean;
}

/** What the broker keeps in `broker.db`, in one piece. Whatever writes goes through `write`. */
export class BrokerStore {
  readonly retained: Retained;
  readonly sessions: Sessions;
  readonly outgoing: Outgoing;
  readonly packets: ClientPackets;
  readonly #database: Database;
  readonly #commits: GroupCommit;
  readonly #nonces: Nonces;
  readonly #drops: Drops;
  /** Numbers of messages that are in their queues before aedes asks for it. */
  readonly #ahead = new Set<number>();

  /** @throws broker_store. */
  constructor({ path, log, drops, isConnected }: StoreParts) {
    this.#drops = drops;
    this.#database = openBrokerDatabase(path, log);
    this.retained = new Retained(this.#database);
    this.outgoing = new Outgoing(this.#database, (client) =>
      drops.add('queue_full', deviceOf(client), 'messages wait that it does not fetch; the oldest are lost'),
    );
    this.sessions = new Sessions(this.#database, isConnected, (client) => {
      this.outgoing.clean(client);
      drops.add('session_evicted', deviceOf(client), 'it has too many sessions; the oldest is forgotten');
    });
    this.packets = new ClientPackets(this.#database);
    this.#nonces = new Nonces(this.#database);
    this.#commits = new GroupCommit(this.#database, () => {
      this.#ahead.clear();
      for (const part of [this.retained, this.outgoing, this.sessions]) part.reload();
    });
  }

  /** Runs `task` now; resolves when what it wrote is committed, with all that was written in this turn. */
  write(task: () => void): Promise<void> {
    return this.#commits.write(task);
  }

  /**
   * Puts a message into every queue, and keeps it where it is retained, before aedes asks for either: it acknowledges
   * first (QoS 1), or notes that it knows the message first (QoS 2), and what a kill takes in between would be lost.
   * The message is numbered (`Persistence.number`). Resolves when that is committed, at once where nothing is kept.
   */
  async enqueueAhead(packet: Packet): Promise<void> {
    const clients = this.sessions.index.matching(packet.topic ?? '');
    this.#ahead.add(packet.brokerCounter ?? 0);
    // Of clients that left before their acknowledgement: aedes never asks for those. Twice the same stays one.
    const [oldest] = this.#ahead;
    if (this.#ahead.size > BROKER_AHEAD_MAX && oldest !== undefined) this.#ahead.delete(oldest);
    if (packet.retain !== true && clients.length === 0) return;
    await this.write(() => {
      if (packet.retain === true) this.storeRetained(packet);
      for (const { clientId } of clients) this.outgoing.enqueue(clientId, packet);
    });
  }

  isAhead({ brokerCounter = 0 }: Packet): boolean {
    return this.#ahead.has(brokerCounter);
  }

  /** Aedes has asked for it. */
  endAhead({ brokerCounter = 0 }: Packet): void {
    this.#ahead.delete(brokerCounter);
  }

  /** As `Nonces.use`, with its refusal thrown; resolves when it is committed. @throws broker_store besides. */
  async useNonce(nonce: string, expires: number, nowMs: number): Promise<void> {
    let refusal: Error | null = null;
    try {
      await this.write(() => {
        refusal = this.#nonces.use(nonce, expires, nowMs);
      });
    } catch (cause) {
      // A full disk, say: then a command is not taken, and the node lives on.
      throw new CodedError('broker_store', `the nonce of a command cannot be kept: ${messageOf(cause)}`, {
        cause,
        advice: 'Check that the disk of the space has room and is in order.',
      });
    }
    if (refusal !== null) throw refusal;
  }

  /** To be called in a `write`. */
  storeRetained(packet: Packet): void {
    if (this.retained.store(packet)) return;
    const who = packet.clientId === undefined ? 'this node' : deviceOf(packet.clientId);
    this.#drops.add('retained_full', who, `no room to retain ${packet.topic}; it was passed on all the same`);
  }

  /** Everything that is kept for clients of the devices that `isWanted` picks, but for their retained messages. */
  async forget(isWanted: (device: string) => boolean): Promise<void> {
    const clients = new Set([...this.packets.clients(), ...this.sessions.clients(), ...this.outgoing.clients()]);
    const wanted = [...clients].filter((client) => isWanted(deviceOf(client)));
    if (wanted.length === 0) return;
    await this.write(() => {
      for (const client of wanted) {
        this.sessions.clean(client);
        this.outgoing.clean(client);
        this.packets.cleanIncoming(client);
        this.packets.deleteWill(client);
      }
    });
  }

  describe(): { readonly retained: number; readonly sessions: number; readonly queuedBytes: number } {
    const sessions = this.sessions.clients().length;
    return { retained: this.retained.count, sessions, queuedBytes: this.outgoing.bytes };
  }

  /** Commits what is left. Nothing is kept from then on. Idempotent. */
  close(): void {
    this.#commits.close();
    this.#database.close();
  }
}
