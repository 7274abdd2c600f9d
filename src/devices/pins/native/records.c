#include "records.h"

#include <string.h>

static struct record ring[PINS_RECORDS_MAX];
static uint64_t last_seq;

static struct record *place_of(uint64_t seq) { return &ring[seq % PINS_RECORDS_MAX]; }

void records_add(struct record *record) {
  record->seq = ++last_seq;
  *place_of(record->seq) = *record;
}

void records_update(const struct record *record) {
  struct record *place = place_of(record->seq);
  if (place->seq == record->seq) *place = *record;
}

const struct record *records_find(const char *id) {
  for (uint64_t back = 0; back < PINS_RECORDS_MAX && back < last_seq; back++) {
    const struct record *record = place_of(last_seq - back);
    if (strcmp(record->id, id) == 0) return record;
  }
  return NULL;
}

const struct record *records_after(uint64_t since) {
  if (since >= last_seq) return NULL;
  const uint64_t oldest = last_seq < PINS_RECORDS_MAX ? 1 : last_seq - PINS_RECORDS_MAX + 1;
  return place_of(since + 1 > oldest ? since + 1 : oldest);
}

const char *kind_name(enum pins_kind kind) { return kind == KIND_PULSE ? "pulse" : "hold"; }

const char *end_name(enum pins_end end) {
  static const char *const names[] = {
      [END_OPEN] = "-",
      [END_TIMER] = "timer",
      [END_RELEASED] = "released",
      [END_LONGEST] = "longest",
      [END_SUPERSEDED] = "superseded",
      [END_ORPHANED] = "orphaned",
      [END_STOPPED] = "stopped",
  };
  return names[end];
}
