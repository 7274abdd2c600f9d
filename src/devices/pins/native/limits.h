/* The caps of the pins process: the same numbers as src/base/limits.ts; a test compares them. */
#ifndef PINS_LIMITS_H
#define PINS_LIMITS_H

#define PINS_LINE_BYTES_MAX 256
#define PINS_NAME_BYTES_MAX 32
#define PINS_OUTPUTS_MAX 32
#define PINS_CLIENTS_MAX 8
#define PINS_CLOSING_MAX 8
#define PINS_CLOSING_MS_MAX 200
#define PINS_BAD_REQUESTS_MAX 16
#define PINS_OUT_BYTES_MAX (64 * 1024)
#define PINS_STALL_MS_MAX 1000
#define PINS_RECORDS_MAX 1024
#define PINS_RECORDS_PAGE_MAX 64
#define PINS_ON_MS_MAX (24 * 60 * 60 * 1000)
#define PINS_OFF_RETRY_MS 10
#define PINS_OFF_TRIES_MAX 100
#define PINS_CHIPS_MAX 32
#define PINS_INPUTS_MAX 32
#define PINS_WIEGAND_MAX 4
#define PINS_FRAME_BITS_MIN 4
#define PINS_FRAME_BITS_MAX 128
#define PINS_EDGES_MAX 256
#define PINS_EDGE_WINDOW_MS 100
#define PINS_EDGE_US_MIN 20
#define PINS_EVENTS_PER_SECOND_MAX 20
#define PINS_EVENTS_BURST_MAX 6
#define PINS_QUIET_MS 1000
#define PINS_DEBOUNCE_MS 20
#define PINS_DEBOUNCE_MS_MAX 1000
#define PINS_GAP_MS 25
#define PINS_GAP_MS_MAX 1000
#define PINS_LABEL_BYTES_MAX 31
#define PINS_OPTIONS_BYTES_MAX (64 * 1024)

_Static_assert(PINS_RECORDS_PAGE_MAX * PINS_LINE_BYTES_MAX <= PINS_OUT_BYTES_MAX / 2,
               "a page of records fits a buffer that is half full");
_Static_assert((PINS_OUTPUTS_MAX + 1) * PINS_LINE_BYTES_MAX <= PINS_OUT_BYTES_MAX / 2,
               "the list of outputs fits a buffer that is half full");
_Static_assert((PINS_INPUTS_MAX + PINS_WIEGAND_MAX) * PINS_EVENTS_BURST_MAX * PINS_LINE_BYTES_MAX <= PINS_OUT_BYTES_MAX,
               "a burst of every line fits a buffer");

/* How many declarations there can be. */
#define DECLARED_MAX (PINS_OUTPUTS_MAX + PINS_INPUTS_MAX + PINS_WIEGAND_MAX)

#endif
