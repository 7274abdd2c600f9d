import { createServer, type Server, type Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { codeOf, messageOf } from '../base/errors.ts';
import { BROKER_RETRY_MS } from '../base/limits.ts';
import type { Clock } from '../base/ports.ts';
import type { Admission, Ticket } from './admission.ts';
import type { Backlog } from './backlog.ts';
import { Connection, type Way } from './connection.ts';
import type { Drops } from './drops.ts';
import type { Log } from './log.ts';
import { TlsFront } from './tls-front.ts';

const KEEP_ALIVE_MS = 60_000;

export interface ListenerParts {
  readonly way: Way;
  /** Where to listen; null while there is no such address, and then it is asked again. */
  readonly host: () => string | null;
  /** 0: any that is free. */
  readonly port: number;
  /** Of the `tls` way. */
  readonly tls?: SecureContextOptions;
  readonly clock: Clock;
  readonly log: Log;
  readonly drops: Drops;
  readonly admission: Admission;
  readonly backlog: Backlog;
  readonly onConnection: (connection: Connection, ticket: Ticket) => void;
}

/** One listener, as `describe` of the broker shows it. */
export interface ListenerState {
  readonly way: Way;
  readonly host: string | null;
  readonly port: number;
  readonly isListening: boolean;
  /** Why it does not listen. */
  readonly fault: string | null;
}

/** Listens on one address, and tries again where that is taken: a door never waits for it. */
export class Listener {
  readonly #parts: ListenerParts;
  readonly #tls: TlsFront | null;
  #server: Server | null = null;
  #fault: string | null = null;
  #host: string | null = null;
  #cancelRetry: (() => void) | null = null;
  #isStopped = false;

  constructor(parts: ListenerParts) {
    this.#parts = parts;
    this.#tls = parts.tls === undefined ? null : new TlsFront(parts.tls, parts.drops);
  }

  /** Resolves when it listens, or when it will be tried again later. */
  async start(): Promise<void> {
    const { host, port, way, log } = this.#parts;
    if (this.#isStopped) return;
    this.#host = host();
    if (this.#host === null) {
      this.#retry('the interface has no address');
      return;
    }
    const server = createServer((socket) => this.#accept(socket));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once('error', reject);
    server.listen({ host: this.#host, port }, resolve);
    try {
      await promise;
    } catch (error) {
      this.#retry(`${codeOf(error) ?? 'failed'}: ${messageOf(error)}`);
      return;
    }
    server.on('error', (error) => log.warn({ way }, `broker: ${messageOf(error)}`));
    this.#server = server;
    this.#fault = null;
    if (this.#isStopped) await this.stop();
    else log.info(this.describe(), 'broker listens');
  }

  describe(): ListenerState {
    const address = this.#server?.address();
    const port = typeof address === 'object' && address !== null ? address.port : this.#parts.port;
    const isListening = this.#server !== null;
    return { way: this.#parts.way, host: this.#host, port, isListening, fault: this.#fault };
  }

  /** New connections get these; those that are there keep theirs. */
  setTls(options: SecureContextOptions): void {
    this.#tls?.set(options);
  }

  /** Nobody is let in any more; connections that are there are the broker's to end. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelRetry?.();
    const server = this.#server;
    this.#server = null;
    if (server !== null) server.close();
  }

  #retry(fault: string): void {
    const { way, port, log, clock } = this.#parts;
    if (this.#fault === null) {
      log.warn(
        { code: 'broker_port', way, port },
        `broker: cannot listen on port ${port}: ${fault}; it is tried again`,
      );
    }
    this.#fault = fault;
    this.#cancelRetry = clock.after(BROKER_RETRY_MS, () => void this.start());
  }

  #accept(socket: Socket): void {
    const { remoteAddress = '' } = socket;
    const { admission, drops } = this.#parts;
    socket.on('error', () => socket.destroy());
    const ticket = admission.admit(remoteAddress);
    if (typeof ticket === 'string') {
      drops.add(ticket, remoteAddress, 'too many connections, one was refused');
      socket.destroy();
      return;
    }
    socket.setNoDelay(true);
    // A client that went without a word is noticed, also one that asked for no keep-alive of MQTT.
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on('close', () => ticket.leave());
    if (this.#tls === null) {
      this.#open(socket, ticket, remoteAddress);
      return;
    }
    this.#tls.accept(socket, (wire) => this.#open(wire, ticket, remoteAddress));
  }

  #open(wire: Socket, ticket: Ticket, remote: string): void {
    const { way, clock, drops, backlog, onConnection } = this.#parts;
    const onFault = (code: string, message: string) => drops.add(code, remote, message);
    onConnection(new Connection({ wire, way, remote, clock, backlog, onFault }), ticket);
  }
}
