#include "outputs.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "clock.h"
#include "events.h"
#include "gpio.h"

/* An open record. A pulse and a hold may keep one output on together; the later ends it. */
struct grip {
  bool open;
  struct record record;
  int64_t end_ns;
};

struct output {
  struct declaration declaration;
  int handle;
  bool on;
  int64_t on_since_ns;
  struct grip pulse;
  struct grip hold;
  /* The line refused to go safe: tried again at retry_ns, and the open records then end for this reason. */
  bool closing;
  enum pins_end closing_end;
  int64_t retry_ns;
  unsigned tries;
};

static struct output outputs[PINS_OUTPUTS_MAX];
static size_t output_count;
static struct output before[PINS_OUTPUTS_MAX];
static size_t before_count;
/* An output that was to go and did not go safe. */
static char stuck_going[PINS_NAME_BYTES_MAX + 1];

/* A record as it began (END_OPEN) or as it ended. */
static void tell(const struct record *record) {
  if (record->end == END_OPEN) {
    events_add("event on %s %s %" PRIu64 " %" PRId64, record->output, record->id, record->seq, record->on_ns);
  } else {
    events_add("event off %s %s %" PRIu64 " %" PRId64 " %s", record->output, record->id, record->seq, record->off_ns,
               end_name(record->end));
  }
}

void outputs_begin_change(void) {
  memcpy(before, outputs, sizeof before);
  before_count = output_count;
  output_count = 0;
}

void outputs_add(const struct declaration *declaration, int handle) {
  assert(output_count < PINS_OUTPUTS_MAX);
  struct output *output = &outputs[output_count++];
  *output = (struct output){.declaration = *declaration};
  for (size_t i = 0; i < before_count; i++) {
    if (declaration_same(&before[i].declaration, declaration)) *output = before[i];
  }
  output->handle = handle;
}

size_t outputs_count(void) { return output_count; }
const struct declaration *outputs_declaration(size_t output) { return &outputs[output].declaration; }
int outputs_handle(size_t output) { return outputs[output].handle; }
bool outputs_on(size_t output) { return outputs[output].on; }

int outputs_find(const char *name) {
  for (size_t i = 0; i < output_count; i++) {
    if (strcmp(outputs[i].declaration.name, name) == 0) return (int)i;
  }
  return -1;
}

static int64_t longest_end_ns(const struct output *output) {
  return output->on_since_ns + output->declaration.longest_ms * NS_PER_MS;
}

static void end_record(struct grip *grip, enum pins_end end, int64_t off_ns) {
  grip->open = false;
  grip->record.end = end;
  grip->record.off_ns = off_ns;
  records_update(&grip->record);
  tell(&grip->record);
}

/* The line is safe: the open records end. */
static void rest(struct output *output, enum pins_end end) {
  const int64_t now = clock_ns();
  output->on = false;
  output->closing = false;
  if (output->pulse.open) end_record(&output->pulse, end, now);
  if (output->hold.open) end_record(&output->hold, end, now);
}

/* Drives the line safe, then ends the open records; when the line refuses they stay open until a retry works. */
static int turn_off(struct output *output, enum pins_end end) {
  if (gpio_set(output->handle, false) < 0) {
    if (!output->closing) output->tries = 0;
    output->closing = true;
    output->closing_end = end;
    output->tries++;
    output->retry_ns = clock_ns() + PINS_OFF_RETRY_MS * NS_PER_MS;
    return -1;
  }
  rest(output, end);
  return 0;
}

static void end_grip(struct output *output, struct grip *grip, enum pins_end end) {
  const struct grip *other = grip == &output->pulse ? &output->hold : &output->pulse;
  if (other->open) {
    end_record(grip, end, clock_ns());
  } else {
    (void)turn_off(output, end);
  }
}

/* The ring, and beyond it the records still open: those are never forgotten. */
static const struct record *find_known(const char *id) {
  for (size_t i = 0; i < output_count; i++) {
    if (outputs[i].pulse.open && strcmp(outputs[i].pulse.record.id, id) == 0) return &outputs[i].pulse.record;
    if (outputs[i].hold.open && strcmp(outputs[i].hold.record.id, id) == 0) return &outputs[i].hold.record;
  }
  return records_find(id);
}

/* A refusal may still have moved the line: drive it back, and keep trying if that is refused too. */
static bool turn_on(struct output *output) {
  if (output->on) return true;
  if (gpio_set(output->handle, true) < 0) {
    (void)turn_off(output, END_STOPPED);
    return false;
  }
  output->on = true;
  output->on_since_ns = clock_ns();
  return true;
}

enum outcome outputs_ask(enum pins_kind kind, size_t index, int64_t ms, const char *id, uint64_t owner,
                         struct record *answer) {
  struct output *output = &outputs[index];
  const struct record *known = find_known(id);
  if (known != NULL) {
    if (known->kind != kind || strcmp(known->output, output->declaration.name) != 0 || known->ms != ms) return OUTCOME_ID_REUSED;
    *answer = *known;
    return OUTCOME_OK;
  }
  if (ms > output->declaration.longest_ms) return OUTCOME_TOO_LONG;
  if (output->closing) return OUTCOME_LINE_FAILED;
  const bool was_on = output->on;
  if (!turn_on(output)) return OUTCOME_LINE_FAILED;

  const int64_t now = was_on ? clock_ns() : output->on_since_ns;
  struct grip *grip = kind == KIND_PULSE ? &output->pulse : &output->hold;
  struct grip before = *grip;
  *grip = (struct grip){.open = true, .end_ns = INT64_MAX};
  if (kind == KIND_PULSE) {
    grip->end_ns = now + ms * NS_PER_MS;
    if (before.open && before.end_ns > grip->end_ns) grip->end_ns = before.end_ns;
  }
  grip->record = (struct record){.kind = kind, .ms = ms, .on_ns = now, .end = END_OPEN, .owner = owner,
                                 .owner_present = true};
  strcpy(grip->record.output, output->declaration.name);
  strcpy(grip->record.id, id);
  records_add(&grip->record);
  /* The new record begins before the old one ends: a watcher never sees the output without one. */
  tell(&grip->record);
  if (before.open) end_record(&before, END_SUPERSEDED, now);
  *answer = grip->record;
  return OUTCOME_OK;
}

enum outcome outputs_release(size_t index) {
  struct output *output = &outputs[index];
  if (output->closing) return OUTCOME_LINE_FAILED;
  if (!output->on) return OUTCOME_OK;
  return turn_off(output, END_RELEASED) < 0 ? OUTCOME_LINE_FAILED : OUTCOME_OK;
}

static bool lose_owner(struct grip *grip, uint64_t owner) {
  if (!grip->open || grip->record.owner != owner) return false;
  grip->record.owner_present = false;
  records_update(&grip->record);
  return true;
}

void outputs_owner_gone(uint64_t owner) {
  for (size_t i = 0; i < output_count; i++) {
    (void)lose_owner(&outputs[i].pulse, owner);
    if (lose_owner(&outputs[i].hold, owner) && !outputs[i].closing) {
      end_grip(&outputs[i], &outputs[i].hold, END_ORPHANED);
    }
  }
}

static void tick_one(struct output *output, int64_t now) {
  if (output->closing) {
    if (now >= output->retry_ns) (void)turn_off(output, output->closing_end);
    return;
  }
  if (!output->on) return;
  const int64_t longest_ns = longest_end_ns(output);
  if (output->pulse.open && output->pulse.end_ns <= now && output->pulse.end_ns <= longest_ns) {
    end_grip(output, &output->pulse, END_TIMER);
  }
  if (output->on && !output->closing && longest_ns <= now) (void)turn_off(output, END_LONGEST);
}

void outputs_tick(void) {
  const int64_t now = clock_ns();
  for (size_t i = 0; i < output_count; i++) tick_one(&outputs[i], now);
}

int64_t outputs_due_ns(void) {
  int64_t due = INT64_MAX;
  for (size_t i = 0; i < output_count; i++) {
    const struct output *output = &outputs[i];
    int64_t next = INT64_MAX;
    if (output->closing) {
      next = output->retry_ns;
    } else if (output->on) {
      next = longest_end_ns(output);
      if (output->pulse.open && output->pulse.end_ns < next) next = output->pulse.end_ns;
    }
    if (next < due) due = next;
  }
  return due;
}

const char *outputs_stuck(void) {
  for (size_t i = 0; i < output_count; i++) {
    if (outputs[i].closing && outputs[i].tries >= PINS_OFF_TRIES_MAX) return outputs[i].declaration.name;
  }
  return stuck_going[0] != '\0' ? stuck_going : NULL;
}

static int stop(struct output *output) {
  int refused = -1;
  for (unsigned tries = 0; refused < 0 && tries < PINS_OFF_TRIES_MAX; tries++) refused = turn_off(output, END_STOPPED);
  return refused;
}

void outputs_retire(const char *name, bool released) {
  const int index = outputs_find(name);
  if (index < 0) return;
  struct output *output = &outputs[index];
  if (released) {
    rest(output, END_STOPPED);
  } else if (stop(output) < 0) {
    strcpy(stuck_going, output->declaration.name);
  }
}

int outputs_stop(void) {
  int result = 0;
  for (size_t i = 0; i < output_count; i++) {
    if (stop(&outputs[i]) < 0) result = -1;
  }
  return result;
}
