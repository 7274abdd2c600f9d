import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import type { Seeded } from '../node/seeded.ts';

/**
 * A disk with a write cache that a power cut empties. What has been written is held in memory until a flush; at a cut
 * a random part of it has reached the platter, down to single sectors, and the rest never was.
 */

/** What a disk writes whole or not at all. */
export const SECTOR_BYTES = 512;
const BLOCK_SECTORS = 8;
/** A drive's cache is finite: when it is full, the oldest writes leave it for the platter. */
export const HELD_BYTES_MAX = 32 * 1024 * 1024;

interface HeldWrite {
  readonly sector: number;
  readonly bytes: Buffer;
}

/** Which writes that were never flushed a cut leaves behind. */
const FATES = ['none', 'all', 'first', 'some', 'torn', 'torn'] as const;
type Fate = (typeof FATES)[number];

/** What a cut did, in sectors of SECTOR_BYTES and blocks of 4 KiB. */
export interface CutReport {
  readonly fate: Fate;
  /** Writes that no flush had covered. */
  readonly held: number;
  readonly keptSectors: number;
  readonly lostSectors: number;
  /** Blocks of one write of which one part was kept and the other lost. */
  readonly tornBlocks: number;
}

export class LossyDisk {
  readonly bytes: number;
  readonly #file: number;
  #held: HeldWrite[] = [];
  #heldBytes = 0;
  /** Sector → its newest content that is not on the platter. */
  readonly #newest = new Map<number, Buffer>();

  /** @param path an image whose size is a whole number of sectors. */
  constructor(path: string) {
    this.#file = openSync(path, 'r+');
    this.bytes = fstatSync(this.#file).size;
  }

  /** `offset` and `length` in bytes, both whole sectors within the disk. */
  read(offset: number, length: number): Buffer {
    const bytes = this.#platter(offset, length);
    if (this.#newest.size === 0) return bytes;
    for (let at = 0; at < length; at += SECTOR_BYTES) {
      this.#newest.get((offset + at) / SECTOR_BYTES)?.copy(bytes, at);
    }
    return bytes;
  }

  /** Takes `bytes` over; they are lasting only after a flush. */
  write(offset: number, bytes: Buffer): void {
    const sector = offset / SECTOR_BYTES;
    this.#held.push({ sector, bytes });
    this.#heldBytes += bytes.length;
    eachSector(bytes, (content, at) => this.#newest.set(sector + at, content));
    while (this.#heldBytes > HELD_BYTES_MAX) this.#evict();
  }

  flush(): void {
    for (const { sector, bytes } of this.#held) writeSync(this.#file, bytes, 0, bytes.length, sector * SECTOR_BYTES);
    this.#forget();
  }

  /** The power goes: of what was never flushed, chance keeps a part. */
  cut(random: Seeded): CutReport {
    const fate = FATES[random(FATES.length)] ?? 'none';
    const first = random(this.#held.length + 1);
    let [keptSectors, lostSectors, tornBlocks] = [0, 0, 0];
    this.#held.forEach(({ sector, bytes }, index) => {
      const isKept = isWriteKept(fate, index, first, random);
      let keptOfBlock = 0;
      const sectors = bytes.length / SECTOR_BYTES;
      eachSector(bytes, (content, at) => {
        const survives = fate === 'torn' && isKept ? random(2) === 0 : isKept;
        if (survives) writeSync(this.#file, content, 0, SECTOR_BYTES, (sector + at) * SECTOR_BYTES);
        keptSectors += survives ? 1 : 0;
        lostSectors += survives ? 0 : 1;
        keptOfBlock += survives ? 1 : 0;
        const inBlock = (at % BLOCK_SECTORS) + 1;
        if (inBlock < BLOCK_SECTORS && at + 1 < sectors) return;
        if (keptOfBlock > 0 && keptOfBlock < inBlock) tornBlocks += 1;
        keptOfBlock = 0;
      });
    });
    const held = this.#held.length;
    this.#forget();
    return { fate, held, keptSectors, lostSectors, tornBlocks };
  }

  close(): void {
    closeSync(this.#file);
  }

  #platter(offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    readSync(this.#file, bytes, 0, length, offset);
    return bytes;
  }

  #evict(): void {
    const oldest = this.#held.shift();
    if (oldest === undefined) return;
    const { sector, bytes } = oldest;
    writeSync(this.#file, bytes, 0, bytes.length, sector * SECTOR_BYTES);
    this.#heldBytes -= bytes.length;
    eachSector(bytes, (content, at) => {
      if (this.#newest.get(sector + at) === content) this.#newest.delete(sector + at);
    });
  }

  #forget(): void {
    this.#held = [];
    this.#heldBytes = 0;
    this.#newest.clear();
  }
}

function isWriteKept(fate: Fate, index: number, first: number, random: Seeded): boolean {
  if (fate === 'none') return false;
  if (fate === 'all') return true;
  if (fate === 'first') return index < first;
  return random(4) > 0;
}

function eachSector(bytes: Buffer, task: (content: Buffer, at: number) => void): void {
  for (let at = 0; at * SECTOR_BYTES < bytes.length; at += 1) {
    task(bytes.subarray(at * SECTOR_BYTES, (at + 1) * SECTOR_BYTES), at);
  }
}
