/* How many events one input or reader may tell: a burst, then so many a second. */
#ifndef PINS_RATE_H
#define PINS_RATE_H

#include <stdbool.h>
#include <stdint.h>

enum rate_answer { RATE_ALLOWED, RATE_BABBLING, RATE_OVER };

/* All zero at first. */
struct rate {
  int64_t pace_ns; /* when all that was told would have been told at an even pace; ahead of now after a burst */
  int64_t babbles_until_ns;
};

/* RATE_OVER: not now. RATE_BABBLING: not now, and for the first time since the line was last quiet. */
enum rate_answer rate_ask(struct rate *rate, int64_t now_ns);

/* When rate_ask allows again. */
int64_t rate_next_ns(const struct rate *rate);

#endif
