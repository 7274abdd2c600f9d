import type { Socket } from 'node:net';
import { createServer, type SecureContextOptions, type Server } from 'node:tls';
import { messageOf } from '../base/errors.ts';
import { BROKER_CONNECT_MS_MAX } from '../base/limits.ts';
import type { Drops } from './drops.ts';

/** Speaks TLS over connections that somebody else accepted, and lets in, first: a handshake costs more than they do. */
export class TlsFront {
  readonly #server: Server;
  /** Connections whose handshake goes on, by address and port of the other side. */
  readonly #shaking = new Map<string, (wire: Socket) => void>();

  constructor(options: SecureContextOptions, drops: Drops) {
    this.#server = createServer({ ...options, minVersion: 'TLSv1.2', handshakeTimeout: BROKER_CONNECT_MS_MAX });
    this.#server.on('secureConnection', (wire) => {
      const open = this.#shaking.get(keyOf(wire));
      if (open === undefined) wire.destroy();
      else open(wire);
    });
    this.#server.on('tlsClientError', (error, wire) => {
      drops.add('tls_failed', wire.remoteAddress ?? '(gone)', `no TLS came about: ${messageOf(error)}`);
      wire.destroy();
    });
  }

  /** New connections get these; those that are there keep theirs. */
  set(options: SecureContextOptions): void {
    this.#server.setSecureContext(options);
  }

  /** @param open gets the connection when its handshake is done; never called when it fails. */
  accept(socket: Socket, open: (wire: Socket) => void): void {
    const key = keyOf(socket);
    this.#shaking.set(key, open);
    socket.on('close', () => this.#shaking.delete(key));
    this.#server.emit('connection', socket);
  }
}

function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
