#include "wiegand.h"

#include <string.h>

#define EDGE_NS_MIN (PINS_EDGE_US_MIN * 1000LL)

static enum wiegand_result spoil(struct wiegand *wiegand, enum wiegand_result why, int64_t ns,
                                 struct wiegand_told *told) {
  const bool known = wiegand->open && wiegand->spoiled;
  wiegand->open = wiegand->spoiled = true;
  wiegand->bit_count = 0;
  if (known) return WIEGAND_NOTHING;
  told->ns = ns;
  return why;
}

static enum wiegand_result end(struct wiegand *wiegand, int64_t last_ns, struct wiegand_told *told) {
  const bool frame = wiegand->open && !wiegand->spoiled;
  wiegand->open = false;
  if (!frame) return WIEGAND_NOTHING;
  told->ns = last_ns;
  told->bit_count = wiegand->bit_count;
  memcpy(told->bits, wiegand->bits, sizeof told->bits);
  wiegand->bit_count = 0;
  return told->bit_count < PINS_FRAME_BITS_MIN ? WIEGAND_TOO_SHORT : WIEGAND_FRAME;
}

enum wiegand_result wiegand_edge(struct wiegand *wiegand, bool one, int64_t ns, bool lost, struct wiegand_told *told) {
  enum wiegand_result ended = WIEGAND_NOTHING;
  const bool first = !wiegand->any;
  const int64_t last_ns = wiegand->last_ns;
  const int64_t apart_ns = ns - last_ns;
  if (first || apart_ns > 0) wiegand->last_ns = ns;
  wiegand->any = true;
  /* What is missing may be the end of one frame, the beginning of the next, or both: neither is told. */
  if (lost) return spoil(wiegand, WIEGAND_LOST_EDGES, ns, told);
  if (first || apart_ns > wiegand->gap_ns) {
    ended = end(wiegand, last_ns, told);
    wiegand->open = true;
    wiegand->spoiled = false;
  } else if (!wiegand->open) {
    /* The clock ended its frame before this edge reached us: the rest of a frame is not the next one. */
    return spoil(wiegand, WIEGAND_LOST_EDGES, ns, told);
  } else if (apart_ns < EDGE_NS_MIN) {
    return spoil(wiegand, WIEGAND_GLITCH, ns, told);
  }
  if (wiegand->spoiled) return WIEGAND_NOTHING;
  if (wiegand->bit_count == PINS_FRAME_BITS_MAX) return spoil(wiegand, WIEGAND_OVER_LONG, ns, told);
  wiegand->bits[wiegand->bit_count++] = one;
  return ended;
}

enum wiegand_result wiegand_tick(struct wiegand *wiegand, int64_t now_ns, struct wiegand_told *told) {
  return now_ns < wiegand_due_ns(wiegand) ? WIEGAND_NOTHING : end(wiegand, wiegand->last_ns, told);
}

int64_t wiegand_due_ns(const struct wiegand *wiegand) {
  return wiegand->open ? wiegand->last_ns + wiegand->gap_ns + 1 : INT64_MAX;
}

void wiegand_hex(const struct wiegand_told *frame, char hex[WIEGAND_HEX_SIZE]) {
  const size_t digits = (frame->bit_count + 3) / 4;
  const size_t padding = 4 * digits - frame->bit_count;
  for (size_t i = 0; i < digits; i++) {
    unsigned digit = 0;
    for (size_t place = 4 * i; place < 4 * i + 4; place++) {
      digit = 2 * digit + (place >= padding && frame->bits[place - padding]);
    }
    hex[i] = "0123456789abcdef"[digit];
  }
  hex[digits] = '\0';
}

const char *wiegand_fault_name(enum wiegand_result result) {
  switch (result) {
    case WIEGAND_LOST_EDGES:
      return "lost_edges";
    case WIEGAND_OVER_LONG:
      return "over_long";
    case WIEGAND_TOO_SHORT:
      return "too_short";
    case WIEGAND_GLITCH:
      return "glitch";
    case WIEGAND_FRAME:
    case WIEGAND_NOTHING:
      break;
  }
  return "none";
}
