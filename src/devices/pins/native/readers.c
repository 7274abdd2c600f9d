#include "readers.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "clock.h"
#include "events.h"
#include "rate.h"
#include "wiegand.h"

struct reader {
  struct declaration declaration;
  struct intake intake;
  struct rate rate;
  struct wiegand wiegand;
  uint32_t seq;
  uint32_t line_seqs[2];
  bool drained; /* no edge waits that is older than the last look at the clock */
};

static struct reader readers[PINS_WIEGAND_MAX];
static size_t reader_count;
static struct reader before[PINS_WIEGAND_MAX];
static size_t before_count;

void readers_begin_change(void) {
  memcpy(before, readers, sizeof before);
  before_count = reader_count;
  reader_count = 0;
}

void readers_add(const struct declaration *declaration, int handle, uint64_t serial) {
  assert(reader_count < PINS_WIEGAND_MAX);
  struct reader *reader = &readers[reader_count++];
  *reader = (struct reader){.declaration = *declaration,
                            .intake = {.handle = handle, .serial = serial},
                            .wiegand = {.gap_ns = declaration->gap_ms * NS_PER_MS}};
  for (size_t i = 0; i < before_count; i++) {
    if (before[i].intake.serial != serial) continue;
    *reader = before[i];
  }
}

size_t readers_count(void) { return reader_count; }
struct intake *readers_intake(size_t reader) { return &readers[reader].intake; }

static void tell(struct reader *reader, enum wiegand_result result, const struct wiegand_told *told, int64_t now_ns) {
  const char *name = reader->declaration.name;
  char hex[WIEGAND_HEX_SIZE];
  if (result == WIEGAND_NOTHING) return;
  switch (rate_ask(&reader->rate, now_ns)) {
    case RATE_ALLOWED:
      break;
    case RATE_BABBLING:
      events_add("event fault %s %" PRId64 " babbling", name, told->ns);
      return;
    case RATE_OVER:
      return;
  }
  if (result != WIEGAND_FRAME) {
    events_add("event fault %s %" PRId64 " %s", name, told->ns, wiegand_fault_name(result));
    return;
  }
  wiegand_hex(told, hex);
  events_add("event wiegand %s %" PRId64 " %zu %s", name, told->ns, told->bit_count, hex);
}

void readers_serve(size_t index, bool ready, int64_t now_ns) {
  struct reader *reader = &readers[index];
  struct gpio_edge edges[INTAKE_BITE];
  struct wiegand_told told;
  const bool due = wiegand_due_ns(&reader->wiegand) <= now_ns;
  /* Edges may have come since we last asked for them: a frame is ended by the clock only when none is left. */
  const size_t count = ready || due ? intake_take(&reader->intake, now_ns, edges, &reader->drained) : 0;
  for (size_t i = 0; i < count; i++) {
    const struct gpio_edge *edge = &edges[i];
    const bool lost = edge->seq != reader->seq + 1 || edge->line_seq != reader->line_seqs[edge->one] + 1;
    reader->seq = edge->seq;
    reader->line_seqs[edge->one] = edge->line_seq;
    tell(reader, wiegand_edge(&reader->wiegand, edge->one, edge->ns, lost, &told), &told, now_ns);
  }
  if (due && reader->drained) tell(reader, wiegand_tick(&reader->wiegand, now_ns, &told), &told, now_ns);
}

int64_t readers_due_ns(size_t index, int64_t now_ns) {
  const struct reader *reader = &readers[index];
  const int64_t window_ns = intake_due_ns(&reader->intake, now_ns);
  /* While edges wait that may not be looked at yet, the clock ends no frame. */
  return window_ns != INT64_MAX ? window_ns : wiegand_due_ns(&reader->wiegand);
}
