#include "rate.h"

#include "clock.h"
#include "limits.h"

#define STEP_NS (NS_PER_S / PINS_EVENTS_PER_SECOND_MAX)
#define AHEAD_NS (STEP_NS * (PINS_EVENTS_BURST_MAX - 1))

enum rate_answer rate_ask(struct rate *rate, int64_t now_ns) {
  const int64_t pace_ns = rate->pace_ns > now_ns ? rate->pace_ns : now_ns;
  if (pace_ns - now_ns <= AHEAD_NS) {
    rate->pace_ns = pace_ns + STEP_NS;
    return RATE_ALLOWED;
  }
  const bool known = now_ns <= rate->babbles_until_ns;
  rate->babbles_until_ns = now_ns + PINS_QUIET_MS * NS_PER_MS;
  return known ? RATE_OVER : RATE_BABBLING;
}

int64_t rate_next_ns(const struct rate *rate) { return rate->pace_ns - AHEAD_NS; }
