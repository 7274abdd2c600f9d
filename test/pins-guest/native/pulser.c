/*
 * Pulses on two lines of gpio-sim, as a Wiegand reader makes them.
 *
 *   pulser D0_PULL D1_PULL BITS PULSE_US INTERVAL_US
 *
 * D0_PULL and D1_PULL are the files `pull` of the lines. Each character of BITS is a low pulse on D0 or D1, one begun
 * INTERVAL_US after the one before. Then it says in microseconds what the machine made of that: the shortest pulse and
 * the longest, the shortest interval and the longest.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ARGUMENTS = 6, PRIORITY = 1 };
static const int64_t NS_PER_US = 1000;

struct span {
  int64_t min, max;
};

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Nothing is slept: an emulated machine that has nothing to do wakes up as late as a busy host lets it. */
static void until(int64_t at) {
  while (now() < at) continue;
}

static void pull(int fd, const char *how) {
  if (pwrite(fd, how, strlen(how), 0) < 0) abort();
}

static void stretch(struct span *span, int64_t value) {
  if (span->min == 0 || value < span->min) span->min = value;
  if (value > span->max) span->max = value;
}

int main(int argc, char *argv[]) {
  if (argc != ARGUMENTS) return 2;
  const int lines[] = {open(argv[1], O_WRONLY | O_CLOEXEC), open(argv[2], O_WRONLY | O_CLOEXEC)};
  const int64_t pulse = atoll(argv[4]) * NS_PER_US, interval = atoll(argv[5]) * NS_PER_US;
  struct span pulses = {0}, intervals = {0};
  int64_t before = 0, due;
  /* Nor does any other process come between; the threads that the kernel has for interrupts do. */
  const struct sched_param first = {.sched_priority = PRIORITY};
  if (lines[0] < 0 || lines[1] < 0 || sched_setscheduler(0, SCHED_FIFO, &first) < 0) return 1;
  due = now();
  for (const char *bit = argv[3]; *bit != '\0'; bit++) {
    const int line = lines[*bit == '1'];
    until(due);
    const int64_t fell = now();
    pull(line, "pull-down");
    until(fell + pulse);
    const int64_t rose = now();
    pull(line, "pull-up");
    stretch(&pulses, rose - fell);
    if (before != 0) stretch(&intervals, fell - before);
    before = fell;
    due = fell + interval;
  }
  printf("%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 "\n", pulses.min / NS_PER_US, pulses.max / NS_PER_US,
         intervals.min / NS_PER_US, intervals.max / NS_PER_US);
  return 0;
}
