import { lstatSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { CodedError, codeOf } from '../../base/errors.ts';
import { PINS_CLIENTS_MAX, PINS_CLOSING_MAX } from '../../base/limits.ts';
import type { Board } from './board.ts';
import { Connection } from './connection.ts';
import { formatEvent } from './events.ts';

interface ServerOptions {
  readonly socketPath: string;
  readonly board: Board;
  readonly epoch: string;
  /** Reads the options file and makes it hold. @throws CodedError */
  readonly reload: () => { readonly added: number; readonly removed: number };
  /** An output's line does not go safe: the process is to end. */
  readonly onStuck: (output: string) => void;
}

/**
 * Makes sure that nobody answers at `socketPath` and removes what a dead process left there.
 * @throws socket_in_use, socket_blocked
 */
export async function takeSocketPath(socketPath: string): Promise<void> {
  const status = lstatSync(socketPath, { throwIfNoEntry: false });
  if (status === undefined) return;
  if (!status.isSocket()) throw new CodedError('socket_blocked', `${socketPath} exists and is not a socket`);
  const probe = connect(socketPath);
  const refusal = await new Promise<string | undefined>((resolve) => {
    probe.on('connect', () => resolve(undefined));
    probe.on('error', (error) => resolve(codeOf(error)));
  });
  probe.destroy();
  // Only a refused connection proves the owner dead; a full backlog or a lack of rights does not.
  if (refusal !== 'ECONNREFUSED' && refusal !== 'ENOENT') {
    throw new CodedError('socket_in_use', `another process answers at ${socketPath}`);
  }
  rmSync(socketPath, { force: true });
}

/** The socket of the pins process, and the one timer that ends what is due. */
export class PinsServer {
  readonly #options: ServerOptions;
  readonly #connections = new Set<Connection>();
  readonly #server: Server;
  #timer: NodeJS.Timeout | undefined;
  #lastSerial = 0;
  #isStopping = false;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#takeIn(socket));
  }

  /** The mode of the socket is the process's umask applied to 0777. */
  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ path: this.#options.socketPath }, resolve);
    });
  }

  /** Drives every output safe, tells the watchers, closes. False when a line refused. */
  async stop(): Promise<boolean> {
    this.#isStopping = true;
    const safe = this.#options.board.outputs.stop();
    this.publish();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#connections) connection.beginClose();
    await closed;
    return safe;
  }

  #takeIn(socket: Socket): void {
    const { board, epoch, reload } = this.#options;
    if (this.#connections.size >= PINS_CLIENTS_MAX + PINS_CLOSING_MAX) {
      socket.destroy();
      return;
    }
    let count = 0;
    for (const connection of this.#connections) if (!connection.isClosing) count += 1;
    this.#lastSerial += 1;
    const connection: Connection = new Connection({
      socket,
      serial: this.#lastSerial,
      board,
      epoch,
      reload,
      onChange: () => this.publish(),
      onClosed: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
    if (count < PINS_CLIENTS_MAX) return;
    connection.say([`error too_many_clients at most ${PINS_CLIENTS_MAX} connections`]);
    connection.beginClose();
  }

  /** Tells the watchers what happened since the last call and sets the timer for what comes next. */
  publish(): void {
    const { board, onStuck } = this.#options;
    const lines = board.takeEvents().map(formatEvent);
    if (lines.length > 0) {
      for (const connection of this.#connections) if (connection.isWatching) connection.say(lines);
    }
    clearTimeout(this.#timer);
    if (this.#isStopping) return;
    const dueMs = board.dueMs();
    if (dueMs !== undefined) this.#timer = setTimeout(() => this.#tick(), dueMs);
    const stuck = board.outputs.stuck();
    if (stuck !== undefined) onStuck(stuck);
  }

  #tick(): void {
    this.#options.board.tick();
    this.publish();
  }
}
