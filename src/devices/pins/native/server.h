/* The socket and the loop: one thread, one poll, fixed tables. */
#ifndef PINS_SERVER_H
#define PINS_SERVER_H

#include <signal.h>

#include "text.h"

enum socket_state { SOCKET_FREE, SOCKET_IN_USE, SOCKET_BLOCKED };

/* Whether another process answers at `path`. SOCKET_BLOCKED: something there is not a socket; `reason` says what. */
enum socket_state server_probe(const char *path, char reason[REASON_SIZE]);

/* Replaces a dead socket at `path` and listens, mode 0660. Returns 0, or -1 with `reason`. */
int server_listen(const char *path, char reason[REASON_SIZE]);

/*
 * Serves until `*stop` becomes non-zero (set by a signal outside `waiting_mask`, the mask while asleep), then
 * drives every output safe, tells the watchers and removes the socket. Returns 0, or -1 with `reason`.
 */
int server_run(const volatile sig_atomic_t *stop, const sigset_t *waiting_mask, char reason[REASON_SIZE]);

#endif
