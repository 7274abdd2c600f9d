/* What bounds the program; src/base/limits-chunks.ts has the same for the other side of the pipes. */
#ifndef TREES_LIMITS_H
#define TREES_LIMITS_H

enum {
  FRAME_BYTES_MAX = 1024 * 1024,
  DATA_BYTES_MAX = 256 * 1024,
  READ_AHEAD_BYTES = 4 * 1024 * 1024,
  /* A batch of entries is told once it is so large; an entry more still fits into its frame. */
  BATCH_BYTES = 256 * 1024,
  NAME_BYTES_MAX = 255,
  TARGET_BYTES_MAX = 4095,
  /* The root, and the directories on a path of 256 names. */
  LEVELS_MAX = 257,
  ATTRIBUTES_MAX = 256,
  ATTRIBUTES_BYTES_MAX = 96 * 1024,
  DIRECTORY_ENTRIES_MAX = 10000000,
  /* Names of one directory, together. */
  NAMES_BYTES_MAX = 1024 * 1024 * 1024,
};

#endif
