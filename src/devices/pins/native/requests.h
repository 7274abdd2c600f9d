/* The commands of PROTOCOL.md: one line in, one reply out. */
#ifndef PINS_REQUESTS_H
#define PINS_REQUESTS_H

#include "client.h"

/*
 * `epoch`: 16 hex digits, random for each start of the process. `options_path`: what `reload` reads, or NULL. Both are
 * to last as long as the process.
 */
void requests_init(const char *epoch, const char *options_path);

/* Answers one line; `line` is ended by NUL instead of LF, holds `length` bytes and is overwritten. */
void request_answer(struct client *client, char *line, size_t length);

/* Why the process has to end: a reload lost a line. NULL while all is well. */
const char *requests_lost(void);

#endif
