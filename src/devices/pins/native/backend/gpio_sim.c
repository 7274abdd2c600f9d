/* Lines in memory, for tests: every pin exists, levels can be traced to a file and faults can be ordered. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../clock.h"
#include "../gpio.h"

const char gpio_usage[] =
    "\n"
    "simulated lines:\n"
    "  --trace FILE     append \"NS OUTPUT high|low\" for the level at the claim and for every change\n"
    "  --fault FAULT    OUTPUT,on|off,COUNT: the next COUNT tries to drive the output so fail\n";

struct sim_line {
  struct gpio_line line;
  bool active;
};

struct fault {
  char output[PINS_NAME_BYTES_MAX + 1];
  bool active;
  unsigned count;
};

static struct sim_line sim_lines[PINS_OUTPUTS_MAX];
static size_t sim_count;
static struct fault faults[PINS_OUTPUTS_MAX];
static size_t fault_count;
static const char *trace_path;
static int trace = -1;

static enum gpio_option_result add_fault(const char *value, char reason[REASON_SIZE]) {
  struct fault fault = {0};
  char state[4];
  char rest;
  if (fault_count == PINS_OUTPUTS_MAX ||
      sscanf(value, "%32[^,],%3[^,],%4u%c", fault.output, state, &fault.count, &rest) != 3 ||
      (strcmp(state, "on") != 0 && strcmp(state, "off") != 0)) {
    snprintf(reason, REASON_SIZE, "--fault %.64s: expected OUTPUT,on|off,COUNT", value);
    return GPIO_OPTION_BAD;
  }
  fault.active = strcmp(state, "on") == 0;
  faults[fault_count++] = fault;
  return GPIO_OPTION_TAKEN;
}

enum gpio_option_result gpio_option(const char *name, const char *value, char reason[REASON_SIZE]) {
  if (strcmp(name, "--fault") == 0) return add_fault(value, reason);
  if (strcmp(name, "--trace") != 0) return GPIO_OPTION_UNKNOWN;
  trace_path = value;
  return GPIO_OPTION_TAKEN;
}

static void trace_level(const struct sim_line *line) {
  if (trace < 0) return;
  const char *level = line->active != line->line.active_low ? "high" : "low";
  if (dprintf(trace, "%" PRId64 " %s %s\n", clock_ns(), line->line.output, level) < 0) abort();
}

int gpio_claim(const struct gpio_line *lines, size_t count, char reason[REASON_SIZE]) {
  if (trace_path != NULL) {
    trace = open(trace_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (trace < 0) {
      snprintf(reason, REASON_SIZE, "trace_failed: %s: %s", trace_path, strerror(errno));
      return -1;
    }
  }
  sim_count = count;
  for (size_t i = 0; i < count; i++) {
    sim_lines[i] = (struct sim_line){.line = lines[i], .active = false};
    trace_level(&sim_lines[i]);
  }
  return 0;
}

int gpio_set(size_t index, bool active) {
  struct sim_line *line = &sim_lines[index];
  for (size_t i = 0; i < fault_count; i++) {
    struct fault *fault = &faults[i];
    if (fault->count == 0 || fault->active != active || strcmp(fault->output, line->line.output) != 0) continue;
    fault->count--;
    errno = EIO;
    return -1;
  }
  if (line->active == active) return 0;
  line->active = active;
  trace_level(line);
  return 0;
}

int gpio_get(size_t index, bool *active) {
  *active = sim_lines[index].active;
  return 0;
}
