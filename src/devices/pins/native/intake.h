/* The edges of one input or reader, in bites: so many a turn, and so many in a window of time. */
#ifndef PINS_INTAKE_H
#define PINS_INTAKE_H

#include <poll.h>
#include <stdbool.h>

#include "gpio.h"

#define INTAKE_BITE 64

struct intake {
  int handle;
  uint64_t serial; /* of the claim: a handle may come again */
  bool dead; /* the line can be read no more: its chip is gone */
  int64_t window_end_ns;
  unsigned taken; /* in this window */
};

/* What to wait for at `now_ns`: edges, or nothing while the window is used up. */
struct pollfd intake_wanted(const struct intake *intake, int64_t now_ns);

/* When a window that is used up is over; INT64_MAX while there is room. */
int64_t intake_due_ns(const struct intake *intake, int64_t now_ns);

/* Takes a bite; the number of edges. `drained`: no more are waiting that came before now_ns. */
size_t intake_take(struct intake *intake, int64_t now_ns, struct gpio_edge edges[INTAKE_BITE], bool *drained);

#endif
