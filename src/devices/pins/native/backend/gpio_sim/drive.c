/* The drive socket: a line in, `ok` or `error CODE text` out; one reply is with the kernel before the next line. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sim.h"

#define DRIVERS_MAX 4
#define REPLY_SIZE 200

_Static_assert(DRIVERS_MAX + 1 <= GPIO_EXTRA_MAX, "the backend may wait for all of them");

struct driver {
  bool used;
  int fd;
  size_t in_len;
  size_t out_len;
  char in[PINS_LINE_BYTES_MAX];
  char out[REPLY_SIZE];
};

static int listener = -1;
static struct driver drivers[DRIVERS_MAX];

int drive_listen(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(address.sun_path, path);
  (void)unlink(path);
  listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener < 0 || bind(listener, (const struct sockaddr *)&address, sizeof address) < 0) return -1;
  return listen(listener, DRIVERS_MAX);
}

size_t gpio_extra_wanted(struct pollfd extra[GPIO_EXTRA_MAX]) {
  if (listener < 0) return 0;
  extra[0] = (struct pollfd){.fd = listener, .events = POLLIN};
  for (size_t i = 0; i < DRIVERS_MAX; i++) {
    const struct driver *driver = &drivers[i];
    extra[1 + i] = (struct pollfd){.fd = driver->used ? driver->fd : -1, .events = driver->out_len > 0 ? POLLOUT : POLLIN};
  }
  return 1 + DRIVERS_MAX;
}

static void leave(struct driver *driver) {
  close(driver->fd);
  driver->used = false;
}

static void flush(struct driver *driver) {
  const ssize_t sent = send(driver->fd, driver->out, driver->out_len, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno != EAGAIN && errno != EINTR) leave(driver);
    return;
  }
  driver->out_len -= (size_t)sent;
  memmove(driver->out, driver->out + sent, driver->out_len);
}

static void answer(struct driver *driver) {
  while (driver->used && driver->out_len == 0) {
    char reason[REASON_SIZE] = "";
    char line[PINS_LINE_BYTES_MAX];
    const char *end = memchr(driver->in, '\n', driver->in_len);
    if (end == NULL) break;
    const size_t length = (size_t)(end - driver->in);
    memcpy(line, driver->in, length);
    line[length] = '\0';
    driver->in_len -= length + 1;
    memmove(driver->in, end + 1, driver->in_len);
    if (sim_drive(line, reason) == 0) {
      driver->out_len = (size_t)snprintf(driver->out, sizeof driver->out, "ok\n");
    } else {
      char *colon = strchr(reason, ':');
      if (colon != NULL) memmove(colon, colon + 1, strlen(colon));
      driver->out_len = (size_t)snprintf(driver->out, sizeof driver->out, "error %.180s\n", reason);
    }
    flush(driver);
  }
  if (driver->used && driver->in_len == sizeof driver->in && driver->out_len == 0) leave(driver);
}

static void serve(struct driver *driver) {
  if (driver->out_len > 0) flush(driver);
  if (driver->used && driver->out_len == 0) {
    const ssize_t got = recv(driver->fd, driver->in + driver->in_len, sizeof driver->in - driver->in_len, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
      leave(driver);
      return;
    }
    if (got > 0) driver->in_len += (size_t)got;
  }
  answer(driver);
}

static void take_in(void) {
  const int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return;
  for (size_t i = 0; i < DRIVERS_MAX; i++) {
    if (drivers[i].used) continue;
    drivers[i] = (struct driver){.used = true, .fd = fd};
    return;
  }
  close(fd);
}

void gpio_extra_serve(const struct pollfd extra[], size_t count) {
  for (size_t i = 1; i < count; i++) {
    if (extra[i].revents != 0 && drivers[i - 1].used) serve(&drivers[i - 1]);
  }
  if (count > 0 && extra[0].revents != 0) take_in();
}
