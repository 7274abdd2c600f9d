/* The directories from the root to where the process stands, each open. Nothing is ever looked up but by a name in the
   innermost one, and no link is followed, so that nobody who moves things about leads the process out of the tree. */
#ifndef TREES_LEVELS_H
#define TREES_LEVELS_H

#include <stddef.h>

struct level {
  int fd;
  /* What the directory holds, by the bytes of the names; null where nobody asked. */
  char **names;
  char *names_bytes;
  size_t count;
  size_t next;
};

/* Null when no root is open. */
struct level *level_here(void);
struct level *level_root(void);
size_t levels_open(void);

/* Goes into a directory that was opened; it is closed with the level. 0, or an error number: then it is closed. */
int level_push(int fd);
void level_pop(void);

/* Reads and sorts the names. 0, or an error number: EOVERFLOW for too many. */
int level_list(struct level *level);

#endif
