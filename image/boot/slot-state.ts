import { SLOT_TRIES_MAX, STATE_BYTES, STATE_COPY_BYTES, STATE_COPY_DISTANCE_BYTES } from './layout.ts';
import { decodeEnvironment, encodeEnvironment } from './uboot-env.ts';

/** The raw partition by which U-Boot chooses a slot; `boot.cmd` and `slot-state` on the board write it too. */

export interface SlotState {
  /** 1, 2, 3, 1, …: of two copies the one that follows the other is the newer. */
  readonly generation: string;
  /** Slots from first to last choice, such as `A B`. */
  readonly BOOT_ORDER: string;
  readonly BOOT_A_LEFT: string;
  readonly BOOT_B_LEFT: string;
  /** The slot that was made the first choice and has not been seen healthy since. */
  readonly BOOT_TRIAL?: string;
}

/** What a new card holds. Slot B is empty: it has its tries, and costs nothing when its kernel is not found. */
const FIRST: SlotState = {
  generation: '1',
  BOOT_ORDER: 'A B',
  BOOT_A_LEFT: String(SLOT_TRIES_MAX),
  BOOT_B_LEFT: String(SLOT_TRIES_MAX),
};

/** The whole partition with `newer` in the first copy, and in the second the generation before it. */
export function encodeSlotState(newer: SlotState = FIRST): Uint8Array {
  const partition = new Uint8Array(STATE_BYTES);
  const before = { 1: '3', 2: '1', 3: '2' }[newer.generation] ?? '3';
  partition.set(encodeEnvironment({ ...newer }, STATE_COPY_BYTES), 0);
  partition.set(encodeEnvironment({ ...newer, generation: before }, STATE_COPY_BYTES), STATE_COPY_DISTANCE_BYTES);
  return partition;
}

/** Both copies of a partition's bytes; undefined for one whose CRC does not match. */
export function decodeSlotStates(partition: Uint8Array): readonly (SlotState | undefined)[] {
  return [0, STATE_COPY_DISTANCE_BYTES].map(
    (at) => decodeEnvironment(partition.subarray(at, at + STATE_COPY_BYTES)) as SlotState | undefined,
  );
}
