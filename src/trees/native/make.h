/* Makes what is no directory: under a name of its own, complete, and then renamed to its place. */
#ifndef TREES_MAKE_H
#define TREES_MAKE_H

#include "settle.h"

/* What stands under this name in a directory is what an earlier run left when it was cut. */
#define PART ".blockmesh-trees.part"

/* How it went: `code` is an error number, or 0. */
struct outcome {
  int code;
  struct softness softness;
};

void file_begin(const char *name, bool leaves_holes);
/* The first error number of the file that is being written, or 0. */
int file_code(void);
void file_write(const uint8_t *bytes, size_t length);
struct outcome file_end(const struct meta *meta);
/* Leaves it out after all: what was written of it goes. */
void file_drop(void);

struct outcome make_symlink(const char *name, const char *target, const struct meta *meta);
/* A fifo or a device, by the type in `mode`. */
struct outcome make_node(const char *name, mode_t type, unsigned major, unsigned minor, const struct meta *meta);
/* Another name of what stands at `path` from the root, which no link leads to. */
struct outcome make_link(const char *name, char *path);
/* Only sets what is told of a file that is there. */
struct outcome keep_file(const char *name, const struct meta *meta);

#endif
