/** What both processes of a race store. */
export const RACE_BYTES = 12_000_000;
