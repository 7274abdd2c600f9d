/* The commands of PROTOCOL.md: one line in, one reply out. */
#ifndef PINS_REQUESTS_H
#define PINS_REQUESTS_H

#include "client.h"
#include "records.h"

/* 16 hex digits, random for each start of the process. */
void requests_init(const char *epoch);

/* Answers one line; `line` is ended by NUL instead of LF, holds `length` bytes and is overwritten. */
void request_answer(struct client *client, char *line, size_t length);

/* Tells a watching client of a record that began or ended. */
void request_tell(struct client *client, const struct record *event);

#endif
