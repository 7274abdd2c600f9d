/* The Wiegand readers: frames and faults out of edges, never more than their rate. */
#ifndef PINS_READERS_H
#define PINS_READERS_H

#include "intake.h"

/* A change of the readers, as with inputs. */
void readers_begin_change(void);
void readers_add(const struct declaration *declaration, int handle, uint64_t serial);

size_t readers_count(void);
struct intake *readers_intake(size_t reader);

/* Takes the edges that wait, a bite of them, and ends a frame whose gap is over. */
void readers_serve(size_t reader, bool ready, int64_t now_ns);

/* When readers_serve has work without an edge; INT64_MAX for never. */
int64_t readers_due_ns(size_t reader, int64_t now_ns);

#endif
