/* The queue of lines for watchers, between whoever has something to tell and the server. */
#ifndef PINS_EVENTS_H
#define PINS_EVENTS_H

/* Adds a line, of less than PINS_LINE_BYTES_MAX bytes without its LF. */
void events_add(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Takes the oldest line not taken yet, or NULL; it is good until the next events_add. */
const char *events_take(void);

#endif
