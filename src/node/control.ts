import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { CodedError, messageOf } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { CONTROL_CLIENTS_MAX, CONTROL_GOODBYE_MS_MAX } from '../base/limits.ts';
import type { Log } from '../sandbox/log.ts';
import { RpcPeer } from '../sandbox/peer.ts';

/** Owner and group may talk to the node; whoever may, acts as its admin. */
const SOCKET_MODE = 0o660;
const PROGRESS_EVERY = 1_000;

type Progress = (stage: string, done: number, total: number) => void;
/** @param gone aborted when the caller has left, who then hears no answer. */
export type ControlHandler = (params: JsonObject, progress: Progress, gone: AbortSignal) => Promise<Json>;

/**
 * The Unix socket on which the CLI talks to the running node: JSON-RPC 2.0 lines. File permissions are its lock. The
 * caller holds the ledger's lock, so a socket file that is there belongs to nobody alive.
 */
export class ControlServer {
  readonly #path: string;
  readonly #server: Server;
  readonly #peers = new Map<Socket, RpcPeer>();

  constructor(path: string, handlers: Readonly<Record<string, ControlHandler>>, log: Log) {
    this.#path = path;
    this.#server = createServer((socket) => {
      if (this.#peers.size >= CONTROL_CLIENTS_MAX) {
        log.warn({ clients: this.#peers.size }, 'control: too many clients, one refused');
        socket.destroy();
        return;
      }
      socket.on('close', () => this.#peers.delete(socket));
      this.#peers.set(socket, serve(socket, handlers, log));
    });
  }

  /** @throws control_socket. */
  async start(): Promise<void> {
    removeStale(this.#path);
    // Nobody else may connect in the moment before the mode is set.
    const mask = process.umask(0o177);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject);
    this.#server.listen(this.#path, resolve);
    process.umask(mask);
    try {
      await promise;
    } catch (cause) {
      throw unusable(this.#path, `cannot listen on ${this.#path}`, cause);
    }
    chmodSync(this.#path, SOCKET_MODE);
  }

  /** Answers that are ready are still sent; who has not taken them within CONTROL_GOODBYE_MS_MAX is cut off. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    // What the end of the node has just refused is written in this turn.
    await new Promise((resolve) => setImmediate(resolve));
    for (const peer of this.#peers.values()) peer.close();
    const late = setTimeout(() => {
      for (const socket of this.#peers.keys()) socket.destroy();
    }, CONTROL_GOODBYE_MS_MAX);
    await closed;
    clearTimeout(late);
  }
}

function serve(socket: Socket, handlers: Readonly<Record<string, ControlHandler>>, log: Log): RpcPeer {
  let reported = 0;
  const progress: Progress = (stage, done, total) => {
    // A slow terminal must not slow the work down, nor let reports pile up.
    const isDue = done === total || done - reported >= PROGRESS_EVERY || done < reported;
    if (!isDue || !peer.isOpen || peer.backedUp) return;
    reported = done;
    peer.notify('progress', { stage, done, total });
  };
  const gone = new AbortController();
  const bound = Object.entries(handlers).map(([name, handler]) => [
    name,
    (params: JsonObject) => handler(params, progress, gone.signal),
  ]);
  const peer = new RpcPeer({
    input: socket,
    output: socket,
    handlers: Object.fromEntries(bound),
    failed: (method, error) => log.warn({ method }, `control: ${messageOf(error)}`),
    tellsFaults: true,
  });
  void peer.closed.then(() => gone.abort());
  return peer;
}

/** @throws control_socket for what is there and no socket: a slip in blockmesh.toml must not cost a file. */
function removeStale(path: string): void {
  try {
    if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === false) throw new RangeError('it is not a socket');
    rmSync(path, { force: true });
  } catch (cause) {
    throw unusable(path, `cannot take the place of ${path}`, cause);
  }
}

function unusable(path: string, what: string, cause: unknown): CodedError {
  return new CodedError('control_socket', `${what}: ${messageOf(cause)}`, {
    cause,
    fields: { path },
    advice: 'Check that the folder exists and may be written, and what is there under that name.',
  });
}
