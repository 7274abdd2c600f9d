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
/** How long the contact may say open, 1 s to a day. */
export const HELD_MS_MIN = 1_000;
export const HELD_MS_MAX = 24 * 60 * 60 * 1000;
/** How long after the end of a pulse a door that is opened still counts as opened by it. */
export const RELEASE_GRACE_MS = 2_000;
/** An exit button opens for at least so long, so that pressing it again and again is one fact a second. */
export const EXIT_MS_MIN = 1_000;
/** How long an exit button may be pressed before it counts as stuck. */
export const EXIT_STUCK_MS = 60_000;
/** How often an output is looked at while an exit button is pressed. */
export const EXIT_LOOK_MS = 1_000;
/** An alarm that comes and goes is told at most once on and once off in each of these steps. */
export const ALARM_STEP_MS = 15_000;
/** Between two rings of a bell that are passed on. */
export const BELL_PAUSE_MS = 2_000;
/** Nobody walks from one door to another in less; neighbouring doors are two steps apart. */
export const APART_MS_MIN = 2_000;
