import { CodedError } from '../../base/errors.ts';
import type { ChunksFile } from './file.ts';

export interface SpaceLimits {
  /** Bytes that all packs may take; null: as many as the disk has. */
  readonly quotaBytes: number | null;
  /** What has to stay free on the disk; `CHUNKS_FREE_BYTES_MIN` at least, where the ledger lies on it too. */
  readonly freeBytesMin: number;
  /** Bytes that this user may still write on the disk of the store. */
  readonly freeBytes: () => number;
}

/** Asked before packs are written. Large things are refused while the ledger goes on: their line lies above its line. */
export class Space {
  readonly #limits: SpaceLimits;
  readonly #storedBytes: () => number;

  constructor({ database }: ChunksFile, limits: SpaceLimits) {
    const statement = database.prepare<[], number>('SELECT stored_bytes FROM meta').pluck();
    this.#limits = limits;
    this.#storedBytes = () => statement.get() ?? 0;
  }

  /** @param bytes about to be written. @throws chunks_quota, chunks_low_space. */
  require(bytes: number): void {
    const { quotaBytes, freeBytesMin } = this.#limits;
    const storedBytes = this.#storedBytes();
    if (quotaBytes !== null && storedBytes + bytes > quotaBytes) {
      throw new CodedError('chunks_quota', `the chunk store may take ${quotaBytes} bytes and has ${storedBytes}`, {
        fields: { storedBytes, quotaBytes, bytes },
        advice: 'Remove what is not needed and run `blockmesh store gc`, or raise the quota.',
      });
    }
    const freeBytes = this.#limits.freeBytes();
    if (freeBytes - bytes >= freeBytesMin) return;
    throw new CodedError('chunks_low_space', `no more large things are taken: this disk has ${freeBytes} bytes left`, {
      fields: { freeBytes, freeBytesMin, bytes },
      advice: 'Free space on this disk. Doors and the ledger go on.',
    });
  }
}
