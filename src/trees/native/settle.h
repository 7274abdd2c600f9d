/* Owner, attributes, rights and time of something that was made. */
#ifndef TREES_SETTLE_H
#define TREES_SETTLE_H

#include <sys/types.h>

#include "frames.h"

/* As a request has it. */
struct meta {
  bool has_owner; /* else that of the process stays */
  mode_t mode;
  uid_t uid;
  gid_t gid;
  int64_t seconds;
  uint32_t nanoseconds;
  uint16_t attributes_count;
  struct request attributes; /* where they stand in the request */
};

/* What could not be set, and the first reason why. */
enum { SOFT_OWNER = 1, SOFT_MODE = 2, SOFT_ATTRIBUTES = 4, SOFT_TIMES = 8, SOFT_SET_ID = 16 };
struct softness {
  uint8_t bits;
  int code;
};

/* Reads it from the request to its end. */
struct meta get_meta(struct request *request);

/* Sets it all. `fd` may be one of O_PATH: then it is no file and no directory. */
struct softness settle(int fd, bool is_path, mode_t type, const struct meta *meta);

#endif
