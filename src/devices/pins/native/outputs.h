/*
 * The rules of outputs: an output is on exactly while one of its records is open, and never longer than its
 * longest time without a break. No sockets here; lines through gpio.h, time through clock.h.
 */
#ifndef PINS_OUTPUTS_H
#define PINS_OUTPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "declaration.h"
#include "records.h"

enum outcome { OUTCOME_OK, OUTCOME_TOO_LONG, OUTCOME_ID_REUSED, OUTCOME_LINE_FAILED };

/*
 * A change of the outputs: begin, add each one there is to be, end. One with the declaration it had goes on as it is,
 * on the line given now; every other begins at rest. Those that go have been retired before.
 */
void outputs_begin_change(void);
void outputs_add(const struct declaration *declaration, int handle);

/*
 * Drives an output safe that is about to go, and ends its records; one that refuses is stuck. `released`: its line has
 * been driven safe and given back already.
 */
void outputs_retire(const char *name, bool released);

size_t outputs_count(void);
const struct declaration *outputs_declaration(size_t output);
int outputs_handle(size_t output);
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

#endif
