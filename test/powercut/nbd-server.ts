import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { type LossyDisk, SECTOR_BYTES } from './lossy-disk.ts';
import {
  CLIENT_FLAGS_BYTES,
  COMMAND,
  decodeOptionHeader,
  decodeRequest,
  ERROR,
  exportInfos,
  greeting,
  type NbdRequest,
  OPTION,
  OPTION_HEADER_BYTES,
  OPTION_REPLY,
  optionReply,
  REQUEST_BYTES,
  reply,
} from './nbd-protocol.ts';

/** Serves a disk to one machine over a Unix socket, until its power is cut. */
export class NbdServer {
  readonly path: string;
  readonly #disk: LossyDisk;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #onWrite: () => void;
  #isCut = false;
  /** What a client did that the protocol does not know. */
  fault: Error | null = null;

  private constructor(path: string, disk: LossyDisk, onWrite: () => void) {
    this.path = path;
    this.#disk = disk;
    this.#onWrite = onWrite;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** @param onWrite runs before each write and each flush is carried out; it may cut. */
  static async start(path: string, disk: LossyDisk, onWrite: () => void): Promise<NbdServer> {
    rmSync(path, { force: true });
    const nbd = new NbdServer(path, disk, onWrite);
    nbd.#server.listen(path);
    await once(nbd.#server, 'listening');
    return nbd;
  }

  /** From now on nothing is carried out and nothing answered. */
  cut(): void {
    this.#isCut = true;
  }

  async stop(): Promise<void> {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
    socket.write(greeting());
    const talk = this.#talk();
    let pending: Buffer = Buffer.alloc(0);
    let wanted = talk.next(pending).value?.bytes ?? 0;
    socket.on('data', (bytes: Buffer) => {
      pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
      try {
        while (!this.#isCut && pending.length >= wanted) {
          const taken = pending.subarray(0, wanted);
          pending = pending.subarray(wanted);
          const step = talk.next(taken);
          if (step.done || this.#isCut) break;
          wanted = step.value.bytes;
          if (step.value.say !== undefined) socket.write(step.value.say);
        }
      } catch (error) {
        this.fault = error as Error;
        socket.destroy();
      }
    });
  }

  /** Yields what is to be said and how many bytes are wanted next; is given those bytes. */
  *#talk(): Generator<Step, undefined, Buffer> {
    yield { bytes: CLIENT_FLAGS_BYTES };
    let say: Buffer | undefined;
    for (let isAgreed = false; !isAgreed; ) {
      const { option, length } = decodeOptionHeader(yield next(OPTION_HEADER_BYTES, say));
      if (length > 0) yield { bytes: length };
      if (option === OPTION.abort) return;
      isAgreed = option === OPTION.go;
      say = isAgreed ? this.#agreement() : optionReply(option, OPTION_REPLY.unsupported);
    }
    for (;;) {
      const request = decodeRequest(yield next(REQUEST_BYTES, say));
      if (request.command === COMMAND.disconnect) return;
      const data = request.command === COMMAND.write ? yield { bytes: request.length } : Buffer.alloc(0);
      say = this.#carryOut(request, data);
    }
  }

  #agreement(): Buffer {
    const infos = exportInfos(this.#disk.bytes).map((info) => optionReply(OPTION.go, OPTION_REPLY.info, info));
    return Buffer.concat([...infos, optionReply(OPTION.go, OPTION_REPLY.ack)]);
  }

  #carryOut({ command, cookie, offset, length }: NbdRequest, data: Buffer): Buffer {
    const isWhole = offset % SECTOR_BYTES === 0 && length % SECTOR_BYTES === 0;
    const isInside = isWhole && offset + length <= this.#disk.bytes;
    if (command === COMMAND.read && isInside) return reply(cookie, ERROR.none, this.#disk.read(offset, length));
    if (command === COMMAND.flush || (command === COMMAND.write && isInside)) {
      this.#onWrite();
      if (this.#isCut) return reply(cookie, ERROR.invalid);
      if (command === COMMAND.flush) this.#disk.flush();
      else this.#disk.write(offset, Buffer.from(data));
      return reply(cookie, ERROR.none);
    }
    return reply(cookie, ERROR.invalid);
  }
}

interface Step {
  readonly bytes: number;
  readonly say?: Buffer;
}

function next(bytes: number, say: Buffer | undefined): Step {
  return say === undefined ? { bytes } : { bytes, say };
}
