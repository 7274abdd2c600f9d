/* One connection: its two bounded buffers and what is due to it. */
#ifndef PINS_CLIENT_H
#define PINS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "limits.h"

struct client {
  int fd; /* -1: a free place */
  uint64_t serial;
  bool watching;
  bool closing; /* its last line is said; what it still sends is thrown away */
  bool ended;   /* the peer closed its half: it sends no more, but may still read */
  bool shut;    /* our half of the connection is closed */
  bool dead;    /* to be reaped */
  unsigned bad; /* malformed requests in a row */
  int64_t closing_end_ns;
  int64_t stall_end_ns; /* meaningful while out_len > 0 */
  size_t in_len;
  size_t out_len;
  char in[PINS_LINE_BYTES_MAX];
  char out[PINS_OUT_BYTES_MAX];
};

/* Takes over a connected, non-blocking socket. */
void client_open(struct client *client, int fd, uint64_t serial);

/* Appends one line (its end is added); a client whose buffer is full is marked dead. */
void client_say(struct client *client, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Hands the socket what it takes without blocking. */
void client_flush(struct client *client);

/* Says no more and hears no more: closes once the peer has had the time to read its last line. */
void client_begin_close(struct client *client);

/* So much is unread that no further request of this client is looked at. */
bool client_full(const struct client *client);

#endif
