/*
 * The rules of outputs: an output is on exactly while one of its records is open, and never longer than its
 * longest time without a break. No sockets here; lines through gpio.h, time through clock.h.
 */
#ifndef PINS_OUTPUTS_H
#define PINS_OUTPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gpio.h"
#include "records.h"

struct output_options {
  struct gpio_line line;
  int64_t longest_ms;
};

enum outcome { OUTCOME_OK, OUTCOME_TOO_LONG, OUTCOME_ID_REUSED, OUTCOME_LINE_FAILED };

/* Takes outputs that gpio_claim has just driven safe; `count` is at most PINS_OUTPUTS_MAX. */
void outputs_init(const struct output_options *options, size_t count);

size_t outputs_count(void);
const struct output_options *outputs_options(size_t output);
bool outputs_on(size_t output);

/* The index of the output with this name, or -1. */
int outputs_find(const char *name);

/*
 * Turns an output on for `ms` (pulse) or until release (hold), and fills `answer`. An id that is still remembered
 * is answered with its record and does nothing else.
 */
enum outcome outputs_ask(enum pins_kind kind, size_t output, int64_t ms, const char *id, uint64_t owner,
                         struct record *answer);

/* Ends whatever keeps the output on. OUTCOME_LINE_FAILED: the line refused; it is tried again by itself. */
enum outcome outputs_release(size_t output);

/* The connection of `owner` is gone: its holds end, its pulses run on. */
void outputs_owner_gone(uint64_t owner);

/* Ends what is due. */
void outputs_tick(void);

/* When outputs_tick has work next; INT64_MAX for never. */
int64_t outputs_due_ns(void);

/* A line would not go to its safe level in PINS_OFF_TRIES_MAX tries; the name of its output, or NULL. */
const char *outputs_stuck(void);

/* Drives every output safe, the ones at rest too. Returns 0, or -1 when a line refused. */
int outputs_stop(void);

/* Takes the oldest event not taken yet: a record as it began (END_OPEN) or as it ended. */
bool outputs_take_event(struct record *event);

#endif
