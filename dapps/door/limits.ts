/** The caps of a door; those that a manifest's schema can say stand there too, and a test compares them. */

/** The widths of an EM4100 card that readers show: each shows one of them. */
export const DOOR_BITS: readonly number[] = [24, 32, 40];
export const OPEN_MS_MIN = 100;
export const OPEN_MS_MAX = 60_000;
export const TWO_MS_MIN = 1_000;
export const TWO_MS_MAX = 60_000;
/** A week; longer would keep people out more than cards apart. */
export const PASSBACK_MS_MAX = 7 * 24 * 60 * 60 * 1000;
/** Code points of a door's title. */
export const TITLE_POINTS_MAX = 64;
