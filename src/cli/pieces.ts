import { once } from 'node:events';
import { closeSync, createReadStream, fstatSync, open, read } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { CodedError, messageOf } from '../base/errors.ts';
import { CHUNKER_BLOCK_BYTES } from '../base/limits-chunks.ts';
import { Draft } from '../node/archive-writer.ts';

const STDIN = 0;
/** As much as the kernel holds of a pipe. */
const PIPE_BYTES = 64 * 1024;

/** A file that is read in pieces, each lent until the next is asked for. */
export interface Pieces {
  readonly stream: AsyncIterable<Uint8Array>;
  /** How long it was when it was opened; 0: not known. */
  readonly bytes: number;
}

/**
 * @param path - for standard input.
 * @param signal ends the stream, which then throws its reason; what comes through a pipe may never come.
 * @throws file_unreadable.
 */
export async function readable(path: string, signal?: AbortSignal): Promise<Pieces> {
  const file = path === '-' ? STDIN : await opened(path);
  const stat = fstatSync(file);
  if (stat.isFile()) return { stream: piecesOf(file, signal), bytes: stat.size };
  const isPipe = stat.isFIFO() || stat.isSocket();
  const stream = isPipe ? received(file, signal) : endedBy(signal, createReadStream('', { fd: file }));
  return { stream, bytes: 0 };
}

async function opened(path: string): Promise<number> {
  const unreadable = (cause: unknown) =>
    new CodedError('file_unreadable', `${path} cannot be read: ${messageOf(cause)}`, {
      fields: { path },
      advice: 'Name a file that is there and that you may read.',
      cause,
    });
  try {
    // A pipe waits for whoever writes to it.
    const file = await promisify(open)(path, 'r');
    if (!fstatSync(file).isDirectory()) return file;
    closeSync(file);
  } catch (cause) {
    throw unreadable(cause);
  }
  throw unreadable('it is a folder');
}

/** All through one buffer: garbage of its size would be collected late. */
async function* piecesOf(file: number, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(CHUNKER_BLOCK_BYTES);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await promisify(read)(file, buffer, 0, buffer.length, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    closeSync(file);
  }
}

/** As `piecesOf`, of a pipe. */
async function* received(file: number, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(PIPE_BYTES);
  let coming = expected();
  const callback = (length: number) => {
    coming.resolve(length);
    // Until it is asked for more.
    return false;
  };
  const socket = new Socket({ fd: file, readable: true, writable: false, onread: { buffer, callback } });
  socket.on('end', () => coming.resolve(0)).on('error', (error) => coming.reject(error));
  endedBy(signal, socket);
  try {
    for (;;) {
      socket.resume();
      const length = await coming.promise;
      if (length === 0) return;
      coming = expected();
      yield buffer.subarray(0, length);
    }
  } finally {
    socket.destroy();
  }
}

/** A length that may be refused while nobody waits for it. */
function expected(): PromiseWithResolvers<number> {
  const coming = Promise.withResolvers<number>();
  coming.promise.catch(() => undefined);
  return coming;
}

function endedBy(signal: AbortSignal | undefined, stream: Readable): Readable {
  signal?.addEventListener('abort', () => stream.destroy(signal.reason), { once: true });
  return stream;
}

/** Puts a stream at `path`, where it appears whole or not at all. @throws file_unwritable, and what the stream throws. */
export async function writeWhole(path: string, pieces: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
  const draft = await Draft.begin(path);
  try {
    for await (const piece of pieces) {
      signal.throwIfAborted();
      await draft.write(piece);
    }
    await draft.commit();
  } catch (error) {
    await draft.abandon();
    throw error;
  }
}

export async function writeOut(pieces: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
  for await (const piece of pieces) {
    signal.throwIfAborted();
    if (!process.stdout.write(piece)) await once(process.stdout, 'drain', { signal });
  }
}
