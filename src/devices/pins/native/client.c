#include "client.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"

void client_open(struct client *client, int fd, uint64_t serial) {
  client->fd = fd;
  client->serial = serial;
  client->watching = client->closing = client->ended = client->shut = client->dead = false;
  client->bad = 0;
  client->in_len = client->out_len = 0;
}

bool client_full(const struct client *client) { return client->out_len > PINS_OUT_BYTES_MAX / 2; }

void client_say(struct client *client, const char *format, ...) {
  char line[PINS_LINE_BYTES_MAX];
  va_list arguments;
  va_start(arguments, format);
  const int length = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  assert(length >= 0 && (size_t)length < sizeof line);
  line[length] = '\n';
  const size_t size = (size_t)length + 1;

  if (client->dead || client->shut) return;
  if (client->out_len + size > sizeof client->out) client_flush(client);
  if (client->dead || client->out_len + size > sizeof client->out) {
    client->dead = true;
    return;
  }
  if (client->out_len == 0) client->stall_end_ns = clock_ns() + PINS_STALL_MS_MAX * NS_PER_MS;
  memcpy(client->out + client->out_len, line, size);
  client->out_len += size;
}

/* The last line is with the kernel: the peer gets the time to read it, unless it has shown that it is done. */
static void shut(struct client *client) {
  client->shut = true;
  client->closing_end_ns = clock_ns() + PINS_CLOSING_MS_MAX * NS_PER_MS;
  if (client->ended || shutdown(client->fd, SHUT_WR) < 0) client->dead = true;
}

void client_flush(struct client *client) {
  if (client->dead || client->out_len == 0) return;
  const ssize_t sent = send(client->fd, client->out, client->out_len, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno != EAGAIN && errno != EINTR) client->dead = true;
    return;
  }
  client->out_len -= (size_t)sent;
  memmove(client->out, client->out + sent, client->out_len);
  client->stall_end_ns = clock_ns() + PINS_STALL_MS_MAX * NS_PER_MS;
  if (client->out_len == 0 && client->closing && !client->shut) shut(client);
}

void client_begin_close(struct client *client) {
  if (client->closing) return;
  client->closing = true;
  client->watching = false;
  client->closing_end_ns = clock_ns() + PINS_STALL_MS_MAX * NS_PER_MS;
  if (client->out_len == 0) shut(client);
  else client_flush(client);
}
