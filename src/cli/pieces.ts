import { once } from 'node:events';
import type { ReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { CodedError, messageOf } from '../base/errors.ts';
import { CHUNKER_BLOCK_BYTES } from '../base/limits-chunks.ts';
import { Draft } from '../node/archive-writer.ts';

/** A file that is read in pieces, and how long it was when it was opened; 0: not known. */
export interface Pieces {
  readonly stream: AsyncIterable<Uint8Array>;
  readonly bytes: number;
}

/**
 * @param path - for standard input.
 * @param signal ends the stream, which then throws its reason; what comes through a pipe may never come.
 * @throws file_unreadable.
 */
export async function readable(path: string, signal?: AbortSignal): Promise<Pieces> {
  const { stream, bytes } = path === '-' ? { stream: process.stdin, bytes: 0 } : await opened(path);
  signal?.addEventListener('abort', () => stream.destroy(signal.reason), { once: true });
  return { stream, bytes };
}

async function opened(path: string): Promise<{ readonly stream: ReadStream; readonly bytes: number }> {
  try {
    const file = await open(path);
    const stat = await file.stat();
    if (stat.isDirectory()) {
      await file.close();
      throw new Error('it is a folder');
    }
    return { stream: file.createReadStream({ highWaterMark: CHUNKER_BLOCK_BYTES }), bytes: stat.size };
  } catch (cause) {
    throw new CodedError('file_unreadable', `${path} cannot be read: ${messageOf(cause)}`, {
      fields: { path },
      advice: 'Name a file that is there and that you may read.',
      cause,
    });
  }
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
