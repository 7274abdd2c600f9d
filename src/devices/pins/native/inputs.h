/* The rules of inputs: every change is told, and over its rate the newest level once it may be. */
#ifndef PINS_INPUTS_H
#define PINS_INPUTS_H

#include "intake.h"

/* A change of the inputs, as with outputs; one with the claim it had goes on, every other begins with its level now. */
void inputs_begin_change(void);
void inputs_add(const struct declaration *declaration, int handle, uint64_t serial);

size_t inputs_count(void);
const char *inputs_name(size_t input);

/* "active", "inactive" or "unknown". */
const char *inputs_level(size_t input);

/* The last edge, or the claim. */
int64_t inputs_ns(size_t input);

struct intake *inputs_intake(size_t input);

/* Takes the edges that wait, a bite of them, and tells what may be told. */
void inputs_serve(size_t input, bool ready, int64_t now_ns);

/* When inputs_serve has work without an edge; INT64_MAX for never. */
int64_t inputs_due_ns(size_t input, int64_t now_ns);

#endif
