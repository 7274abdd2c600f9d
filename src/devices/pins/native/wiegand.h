/*
 * Cuts the falling edges of a Wiegand reader into frames, by their times alone: when they are read does not matter, as
 * long as they are read in order and wiegand_tick comes after every edge that is waiting. Pure: no clock, no lines.
 */
#ifndef PINS_WIEGAND_H
#define PINS_WIEGAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "limits.h"

#define WIEGAND_HEX_SIZE (PINS_FRAME_BITS_MAX / 4 + 1)

enum wiegand_result { WIEGAND_NOTHING, WIEGAND_FRAME, WIEGAND_LOST_EDGES, WIEGAND_OVER_LONG, WIEGAND_TOO_SHORT, WIEGAND_GLITCH };

struct wiegand_told {
  int64_t ns; /* the last edge of the frame, or the one with which the fault came to light */
  size_t bit_count;
  bool bits[PINS_FRAME_BITS_MAX]; /* of a frame, the first one first */
};

/* All zero at first, but for the gap. */
struct wiegand {
  int64_t gap_ns;
  bool any;        /* an edge has come, ever */
  int64_t last_ns; /* the newest edge */
  bool open;       /* edges have come that no gap has ended yet */
  bool spoiled;    /* they are no frame, and that has been told */
  size_t bit_count;
  bool bits[PINS_FRAME_BITS_MAX];
};

/* Takes one edge; `lost`: edges between it and the one before are missing. Fills `told` unless WIEGAND_NOTHING. */
enum wiegand_result wiegand_edge(struct wiegand *wiegand, bool one, int64_t ns, bool lost, struct wiegand_told *told);

/* Ends a frame whose gap is over at `now_ns`. */
enum wiegand_result wiegand_tick(struct wiegand *wiegand, int64_t now_ns, struct wiegand_told *told);

/* When wiegand_tick has work; INT64_MAX for never. */
int64_t wiegand_due_ns(const struct wiegand *wiegand);

/* The bits as a number in hex, left padded with zero bits to whole digits. */
void wiegand_hex(const struct wiegand_told *frame, char hex[WIEGAND_HEX_SIZE]);

/* As in `event fault`. */
const char *wiegand_fault_name(enum wiegand_result result);

#endif
