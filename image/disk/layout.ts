import { assert } from '../../src/base/assert.ts';

/** Where the parts of a disk are: the same on all boards. Starts and sizes are bytes, whole mebibytes. */
export interface Part {
  readonly number: 1 | 2 | 3 | 5 | 6 | 7;
  /** Type of a partition in a PC's table, hexadecimal. */
  readonly type: string;
  readonly start: number;
  readonly size: number;
}

export const MIB = 1024 * 1024;
const SECTOR = 512;

/** The chain of logical partitions has a table of its own before each: in the mebibyte before it. */
const BOOT: Part = { number: 1, type: 'c', start: 4 * MIB, size: 128 * MIB };
const STATE: Part = { number: 5, type: 'da', start: 133 * MIB, size: MIB };
const SLOT_A: Part = { number: 6, type: '83', start: 135 * MIB, size: 768 * MIB };
const SLOT_B: Part = { number: 7, type: '83', start: 904 * MIB, size: 768 * MIB };
const EXTENDED: Part = { number: 2, type: 'f', start: 132 * MIB, size: SLOT_B.start + SLOT_B.size - 132 * MIB };
/** Last on the disk, so that it grows over the rest of a card. */
const DATA: Part = { number: 3, type: '83', start: EXTENDED.start + EXTENDED.size, size: 128 * MIB };

export const PARTS = Object.freeze({ BOOT, EXTENDED, STATE, SLOT_A, SLOT_B, DATA });
export const DISK_BYTES = DATA.start + DATA.size;

assert(BOOT.start + BOOT.size <= EXTENDED.start, 'the logical partitions begin behind the first');
assert(STATE.start + STATE.size + MIB <= SLOT_A.start, 'a table of its own stands before slot A');
assert(SLOT_A.start + SLOT_A.size + MIB <= SLOT_B.start, 'a table of its own stands before slot B');

/** What sfdisk reads to write the table of partitions. */
export function partitionTable(diskId: string): string {
  const lines = Object.values(PARTS).map(({ number, type, start, size }) => {
    const bootable = number === 1 ? ', bootable' : '';
    return `${number} : start=${start / SECTOR}, size=${size / SECTOR}, type=${type}${bootable}\n`;
  });
  return `label: dos\nlabel-id: 0x${diskId}\nunit: sectors\n\n${lines.sort().join('')}`;
}

/** The name of a file system that one image's copies share: by the disk's id and the partition's number. */
export function uuidOf(diskId: string, part: Part): string {
  return `${diskId}-0000-4000-8000-00000000000${part.number}`;
}
