/** Where the boot path finds things on every card: the partitions of image/README.md, "Disk", in numbers. */

export const SECTOR_BYTES = 512;
const MIB = 1024 * 1024;

/** Numbers of partitions, as Linux and U-Boot count them. */
export const PARTITIONS = { boot: 1, data: 3, state: 5, slotA: 6, slotB: 7 } as const;

/** The slot state begins here on every card: U-Boot for the BeagleBone cannot calculate, so its script is told. */
export const STATE_OFFSET_BYTES = 133 * MIB;
export const STATE_BYTES = MIB;
export const STATE_COPY_BYTES = 64 * 1024;
/** From the beginning of the first copy to that of the second: further apart than what a card erases at a time. */
export const STATE_COPY_DISTANCE_BYTES = 512 * 1024;

/** How often a slot is started before it is given up, unless it was seen healthy. */
export const SLOT_TRIES_MAX = 3;
