/* CLOCK_MONOTONIC, the only clock of the pins process; Node's process.hrtime reads the same one. */
#ifndef PINS_CLOCK_H
#define PINS_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_MS 1000000LL
#define NS_PER_S 1000000000LL

static inline int64_t clock_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

#endif
