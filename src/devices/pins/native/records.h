/* The ring of the last PINS_RECORDS_MAX records: what was asked of an output, and how it ended. */
#ifndef PINS_RECORDS_H
#define PINS_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "limits.h"

enum pins_kind { KIND_PULSE, KIND_HOLD };

enum pins_end { END_OPEN, END_TIMER, END_RELEASED, END_LONGEST, END_SUPERSEDED, END_ORPHANED, END_STOPPED };

struct record {
  uint64_t seq; /* from 1; 0: an empty place */
  char id[PINS_NAME_BYTES_MAX + 1];
  char output[PINS_NAME_BYTES_MAX + 1]; /* by name: a reload may take the output itself away */
  enum pins_kind kind;
  int64_t ms; /* as asked for; 0 for a hold */
  int64_t on_ns;
  int64_t off_ns; /* meaningful once `end` is not END_OPEN */
  enum pins_end end;
  uint64_t owner; /* serial number of the client that asked */
  bool owner_present;
};

/* Gives `record` the next sequence number and stores it over the oldest. */
void records_add(struct record *record);

/* Stores the new state of a record, unless the ring has moved past it. */
void records_update(const struct record *record);

/* The record with this id, newest first, or NULL. */
const struct record *records_find(const char *id);

/* The oldest record with a sequence number above `since`, or NULL. */
const struct record *records_after(uint64_t since);

const char *kind_name(enum pins_kind kind);
const char *end_name(enum pins_end end);

#endif
