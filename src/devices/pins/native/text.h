/* What the command line and the protocol have in common: names, numbers, reasons. */
#ifndef PINS_TEXT_H
#define PINS_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "limits.h"

#define REASON_SIZE 512

/* 1 to PINS_NAME_BYTES_MAX of 0-9 a-z A-Z _ - */
bool text_is_name(const char *text);

/* Decimal digits only, at most 15: such a number is exact in every language. */
bool text_number(const char *text, int64_t *number);

/* Fills `reason`; always -1, so that a check can end in `return text_wrong(...)`. */
int text_wrong(char reason[REASON_SIZE], const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
