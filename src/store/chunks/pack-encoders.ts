import type { TransformOptions } from 'node:stream';
import { constants, createZstdCompress, type ZstdOptions } from 'node:zlib';
import { assert } from '../../base/assert.ts';
import { PACK_BYTES_MAX } from '../../base/limits-chunks.ts';
import { type Coded, isRandom, PACKING, packed, plainPack } from './coding.ts';

const ENCODER: ZstdOptions & Omit<TransformOptions, 'flush'> = {
  ...PACKING,
  flush: constants.ZSTD_e_end,
  readableHighWaterMark: 2 * PACK_BYTES_MAX,
  writableHighWaterMark: PACK_BYTES_MAX,
};

/**
 * Compresses packs, one after the other, on another thread where that saves enough. Its context is used again: to make one
 * costs as much as half a pack.
 */
class PackEncoder {
  /** Each write is a frame of its own, whose length zstd knows from the start; what comes of it waits to be read. */
  readonly #stream = createZstdCompress(ENCODER);
  #failure: Error | null = null;

  constructor() {
    this.#stream.on('error', (error) => {
      this.#failure = error;
    });
  }

  /** @param raw not to be changed until it is resolved. */
  async encode(raw: Uint8Array): Promise<Coded> {
    if (isRandom(raw)) return plainPack(raw);
    return packed(raw, await this.#compress(raw));
  }

  /** Gives its memory back. */
  end(): void {
    this.#stream.destroy();
  }

  #compress(raw: Uint8Array): Promise<Buffer> {
    const stream = this.#stream;
    return new Promise((resolve, reject) => {
      stream.write(raw, (error) => {
        const bytes: unknown = stream.read();
        if (Buffer.isBuffer(bytes)) resolve(bytes);
        else reject(error ?? this.#failure ?? new Error('zstd gave nothing'));
      });
    });
  }
}

/** Encoders that are made as they are needed, and each used again. */
export class PackEncoders {
  readonly #most: number;
  readonly #all: PackEncoder[] = [];
  readonly #idle: PackEncoder[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  get hasIdle(): boolean {
    return this.#idle.length > 0 || this.#all.length < this.#most;
  }

  /** @param raw as for `PackEncoder`; only while one is idle. */
  async encode(raw: Uint8Array): Promise<Coded> {
    const encoder = this.#idle.pop() ?? this.#oneMore();
    const coded = await encoder.encode(raw);
    this.#idle.push(encoder);
    return coded;
  }

  end(): void {
    for (const encoder of this.#all) encoder.end();
  }

  #oneMore(): PackEncoder {
    assert(this.#all.length < this.#most, 'an encoder is idle');
    const encoder = new PackEncoder();
    this.#all.push(encoder);
    return encoder;
  }
}
