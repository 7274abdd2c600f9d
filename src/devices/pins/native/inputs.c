#include "inputs.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "clock.h"
#include "events.h"
#include "rate.h"

enum level { LEVEL_UNKNOWN, LEVEL_INACTIVE, LEVEL_ACTIVE };

struct input {
  struct declaration declaration;
  struct intake intake;
  struct rate rate;
  enum level level;
  enum level told; /* what watchers know: the level at the claim, or the newest told */
  int64_t ns;
  uint32_t seq;
};

static struct input inputs[PINS_INPUTS_MAX];
static size_t input_count;
static struct input before[PINS_INPUTS_MAX];
static size_t before_count;

static const char *level_name(enum level level) {
  static const char *const names[] = {
      [LEVEL_UNKNOWN] = "unknown", [LEVEL_INACTIVE] = "inactive", [LEVEL_ACTIVE] = "active"};
  return names[level];
}

static enum level read_level(const struct input *input) {
  bool active;
  if (gpio_get(input->intake.handle, &active) < 0) return LEVEL_UNKNOWN;
  return active ? LEVEL_ACTIVE : LEVEL_INACTIVE;
}

void inputs_begin_change(void) {
  memcpy(before, inputs, sizeof before);
  before_count = input_count;
  input_count = 0;
}

void inputs_add(const struct declaration *declaration, int handle, uint64_t serial) {
  assert(input_count < PINS_INPUTS_MAX);
  struct input *input = &inputs[input_count++];
  for (size_t i = 0; i < before_count; i++) {
    if (before[i].intake.serial != serial) continue;
    *input = before[i];
    return;
  }
  *input = (struct input){.declaration = *declaration, .intake = {.handle = handle, .serial = serial}, .ns = clock_ns()};
  input->level = input->told = read_level(input);
}

size_t inputs_count(void) { return input_count; }
const char *inputs_name(size_t input) { return inputs[input].declaration.name; }
const char *inputs_level(size_t input) {
  return level_name(inputs[input].intake.dead ? LEVEL_UNKNOWN : inputs[input].level);
}
int64_t inputs_ns(size_t input) { return inputs[input].ns; }
struct intake *inputs_intake(size_t input) { return &inputs[input].intake; }

/* `fresh`: an edge came just now; a level that only waits does not count as babble. */
static void tell(struct input *input, bool fresh, int64_t now_ns) {
  const char *name = input->declaration.name;
  if (input->level == LEVEL_UNKNOWN || input->level == input->told) return;
  if (!fresh && now_ns < rate_next_ns(&input->rate)) return;
  switch (rate_ask(&input->rate, now_ns)) {
    case RATE_ALLOWED:
      input->told = input->level;
      events_add("event input %s %s %" PRId64 " %" PRIu32, name, level_name(input->level), input->ns, input->seq);
      return;
    case RATE_BABBLING:
      events_add("event fault %s %" PRId64 " babbling", name, input->ns);
      return;
    case RATE_OVER:
      return;
  }
}

void inputs_serve(size_t index, bool ready, int64_t now_ns) {
  struct input *input = &inputs[index];
  struct gpio_edge edges[INTAKE_BITE];
  bool drained;
  const size_t count = ready ? intake_take(&input->intake, now_ns, edges, &drained) : 0;
  for (size_t i = 0; i < count; i++) {
    const bool lost = edges[i].seq != input->seq + 1;
    /* After a gap the edge may be older than the level: what the line says now is the newest there is. */
    const enum level level = lost ? read_level(input) : LEVEL_UNKNOWN;
    input->level = level != LEVEL_UNKNOWN ? level : edges[i].active ? LEVEL_ACTIVE : LEVEL_INACTIVE;
    input->ns = edges[i].ns;
    input->seq = edges[i].seq;
    tell(input, true, now_ns);
  }
  if (count == 0) tell(input, false, now_ns);
}

int64_t inputs_due_ns(size_t index, int64_t now_ns) {
  const struct input *input = &inputs[index];
  const int64_t window_ns = intake_due_ns(&input->intake, now_ns);
  if (input->level == LEVEL_UNKNOWN || input->level == input->told) return window_ns;
  const int64_t next_ns = rate_next_ns(&input->rate);
  return next_ns < window_ns ? next_ns : window_ns;
}
