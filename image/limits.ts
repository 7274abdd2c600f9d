/** Caps of the image's build. It runs on a developer's machine, so they are not among those of the appliance. */

export const PROGRAM_OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
/** So many of a failed program's last lines are repeated to the reader; all are in the log. */
export const PROGRAM_LINES_TOLD_MAX = 12;
/** So many results of each stage are kept for boards and versions that are built in turns. */
export const STAGE_RESULTS_MAX = 4;
export const PACKAGES_MAX = 1_024;
