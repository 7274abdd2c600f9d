#include "events.h"

#include <assert.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "limits.h"

/*
 * The server takes all lines after each turn of a client, an input or a reader. The most come of a reload or a tick:
 * two ends an output, and a burst and a fault of every input and reader.
 */
#define EVENTS_MAX (4 * PINS_OUTPUTS_MAX + (PINS_INPUTS_MAX + PINS_WIEGAND_MAX) * (PINS_EVENTS_BURST_MAX + 1))

static char lines[EVENTS_MAX][PINS_LINE_BYTES_MAX];
static size_t first, count;

void events_add(const char *format, ...) {
  assert(count < EVENTS_MAX);
  char *line = lines[(first + count++) % EVENTS_MAX];
  va_list arguments;
  va_start(arguments, format);
  const int length = vsnprintf(line, PINS_LINE_BYTES_MAX, format, arguments);
  va_end(arguments);
  assert(length >= 0 && length < PINS_LINE_BYTES_MAX);
}

const char *events_take(void) {
  if (count == 0) return NULL;
  const char *line = lines[first];
  first = (first + 1) % EVENTS_MAX;
  count--;
  return line;
}
