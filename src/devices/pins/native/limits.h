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

_Static_assert(PINS_RECORDS_PAGE_MAX * PINS_LINE_BYTES_MAX <= PINS_OUT_BYTES_MAX / 2,
               "a page of records fits a buffer that is half full");
_Static_assert((PINS_OUTPUTS_MAX + 1) * PINS_LINE_BYTES_MAX <= PINS_OUT_BYTES_MAX / 2,
               "the list of outputs fits a buffer that is half full");
_Static_assert(PINS_OUTPUTS_MAX <= 64, "all outputs of one chip fit one line request");

#endif
