#include "server.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "board.h"
#include "client.h"
#include "clock.h"
#include "events.h"
#include "gpio.h"
#include "outputs.h"
#include "requests.h"

#define PLACES (PINS_CLIENTS_MAX + PINS_CLOSING_MAX)
#define ACCEPT_PAUSE_NS (100 * NS_PER_MS)

/* Where in the descriptors of one turn each kind stands; the clients in the order of their places. */
enum {
  AT_LISTENER,
  AT_CLIENTS,
  AT_SOURCES = AT_CLIENTS + PLACES,
  AT_EXTRA = AT_SOURCES + BOARD_SOURCES_MAX,
  AT_END = AT_EXTRA + GPIO_EXTRA_MAX
};

struct turn {
  struct pollfd all[AT_END];
  size_t source_count;
  size_t extra_count;
};

static struct client clients[PLACES];
static int listener = -1;
static int64_t accept_after_ns;
static uint64_t last_serial;
static struct sockaddr_un address = {.sun_family = AF_UNIX};

static void set_path(const char *path) { snprintf(address.sun_path, sizeof address.sun_path, "%s", path); }

enum socket_state server_probe(const char *path, char reason[REASON_SIZE]) {
  struct stat status;
  set_path(path);
  if (lstat(path, &status) < 0) {
    if (errno == ENOENT) return SOCKET_FREE;
    snprintf(reason, REASON_SIZE, "socket_blocked: %s: %s", path, strerror(errno));
    return SOCKET_BLOCKED;
  }
  if (!S_ISSOCK(status.st_mode)) {
    snprintf(reason, REASON_SIZE, "socket_blocked: %s exists and is not a socket", path);
    return SOCKET_BLOCKED;
  }
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) {
    snprintf(reason, REASON_SIZE, "socket_blocked: %s", strerror(errno));
    return SOCKET_BLOCKED;
  }
  /* Only a refused connection proves the owner dead; a full backlog or a lack of rights does not. */
  const int connected = connect(probe, (const struct sockaddr *)&address, sizeof address);
  const bool dead = connected < 0 && (errno == ECONNREFUSED || errno == ENOENT);
  close(probe);
  if (dead) return SOCKET_FREE;
  snprintf(reason, REASON_SIZE, "socket_in_use: another process answers at %s", path);
  return SOCKET_IN_USE;
}

int server_listen(const char *path, char reason[REASON_SIZE]) {
  for (size_t i = 0; i < PLACES; i++) clients[i].fd = -1;
  set_path(path);
  listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  (void)unlink(path);
  /* The mode is right from the first moment: 0777 & ~0117 = 0660. */
  const mode_t mask = umask(0117);
  const bool bound = listener >= 0 && bind(listener, (const struct sockaddr *)&address, sizeof address) == 0;
  (void)umask(mask);
  if (!bound || listen(listener, PINS_CLIENTS_MAX) < 0) {
    snprintf(reason, REASON_SIZE, "socket_failed: %s: %s", path, strerror(errno));
    return -1;
  }
  return 0;
}

/* Sends what has been told since the last call to everyone who watches. */
static void publish(void) {
  for (const char *event = events_take(); event != NULL; event = events_take()) {
    for (size_t i = 0; i < PLACES; i++) {
      if (clients[i].fd >= 0 && clients[i].watching) client_say(&clients[i], "%s", event);
    }
  }
  for (size_t i = 0; i < PLACES; i++) {
    if (clients[i].fd >= 0 && clients[i].watching) client_flush(&clients[i]);
  }
}

/* A client's connection counts as gone as soon as nothing more will be read from it. */
static void leave(struct client *client) {
  client_begin_close(client);
  outputs_owner_gone(client->serial);
  publish();
}

static void answer_lines(struct client *client) {
  size_t start = 0;
  while (!client->closing && !client->dead && !client_full(client)) {
    char *end = memchr(client->in + start, '\n', client->in_len - start);
    if (end == NULL) break;
    char *line = client->in + start;
    *end = '\0';
    start += (size_t)(end - line) + 1;
    request_answer(client, line, (size_t)(end - line));
    client_flush(client);
    if (client->closing) outputs_owner_gone(client->serial);
    publish();
  }
  client->in_len -= start;
  memmove(client->in, client->in + start, client->in_len);
  if (client->in_len == sizeof client->in && !client->closing && memchr(client->in, '\n', client->in_len) == NULL) {
    client_say(client, "error line_too_long a line has at most %d bytes", PINS_LINE_BYTES_MAX);
    leave(client);
  }
}

static void hear(struct client *client) {
  char discarded[PINS_LINE_BYTES_MAX];
  char *into = client->closing ? discarded : client->in + client->in_len;
  const size_t room = client->closing ? sizeof discarded : sizeof client->in - client->in_len;
  if (room == 0) return;
  const ssize_t received = recv(client->fd, into, room, MSG_DONTWAIT);
  if (received < 0) {
    if (errno != EAGAIN && errno != EINTR) client->dead = true;
  } else if (received == 0) {
    client->ended = true;
    if (client->shut) client->dead = true;
    else leave(client);
  } else if (!client->closing) {
    client->in_len += (size_t)received;
    answer_lines(client);
  }
}

/* One turn reads at most PINS_LINE_BYTES_MAX bytes of one client, so that no client keeps the others waiting. */
static void serve(struct client *client, short ready) {
  const int64_t now = clock_ns();
  if (ready & POLLOUT) client_flush(client);
  if ((ready & (POLLHUP | POLLERR)) && client_full(client)) client->dead = true;
  if (!client->dead && !client->closing) answer_lines(client);
  const bool listening = client->closing || !client_full(client);
  if (!client->dead && listening && (ready & (POLLIN | POLLHUP | POLLERR))) hear(client);
  if (client->out_len > 0 && client->stall_end_ns <= now) client->dead = true;
  if (client->closing && client->closing_end_ns <= now) client->dead = true;
}

/* Reaping a client may end its holds, whose events may kill a watcher: repeats until nobody is left to reap. */
static void reap(void) {
  bool again = true;
  while (again) {
    again = false;
    for (size_t i = 0; i < PLACES; i++) {
      if (clients[i].fd < 0 || !clients[i].dead) continue;
      close(clients[i].fd);
      clients[i].fd = -1;
      outputs_owner_gone(clients[i].serial);
      publish();
      again = true;
    }
  }
}

static void take_in(int fd) {
  struct client *place = NULL;
  unsigned count = 0;
  for (size_t i = 0; i < PLACES; i++) {
    if (clients[i].fd < 0) place = &clients[i];
    else if (!clients[i].closing) count++;
  }
  if (place == NULL) {
    close(fd);
    return;
  }
  client_open(place, fd, ++last_serial);
  if (count >= PINS_CLIENTS_MAX) {
    client_say(place, "error too_many_clients at most %d connections", PINS_CLIENTS_MAX);
    client_begin_close(place);
  }
}

static void accept_some(void) {
  for (unsigned i = 0; i < PINS_CLIENTS_MAX; i++) {
    const int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
      take_in(fd);
      continue;
    }
    /* Out of descriptors, say: the waiting connection would otherwise wake us without end. */
    if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) accept_after_ns = clock_ns() + ACCEPT_PAUSE_NS;
    return;
  }
}

/* A whole line that waited for its client to read its replies, and may be answered now. */
static bool has_work(const struct client *client) {
  return !client->closing && !client_full(client) && memchr(client->in, '\n', client->in_len) != NULL;
}

static int64_t next_due_ns(int64_t now) {
  int64_t due = outputs_due_ns();
  const int64_t board_due = board_due_ns(now);
  if (board_due < due) due = board_due;
  if (accept_after_ns > 0 && accept_after_ns < due) due = accept_after_ns;
  for (size_t i = 0; i < PLACES; i++) {
    if (clients[i].fd < 0) continue;
    if (has_work(&clients[i])) return 0;
    if (clients[i].out_len > 0 && clients[i].stall_end_ns < due) due = clients[i].stall_end_ns;
    if (clients[i].closing && clients[i].closing_end_ns < due) due = clients[i].closing_end_ns;
  }
  return due;
}

static short wanted(const struct client *client) {
  short events = 0;
  if (!client->ended && (client->closing || !client_full(client))) events |= POLLIN;
  if (client->out_len > 0) events |= POLLOUT;
  return events;
}

/* Places that wait for nothing have the descriptor -1, and are not ready. */
static int wait_turn(struct turn *turn, const sigset_t *waiting_mask) {
  const int64_t now = clock_ns();
  struct pollfd *all = turn->all;
  if (accept_after_ns <= now) accept_after_ns = 0;
  for (size_t i = 0; i < AT_END; i++) all[i] = (struct pollfd){.fd = -1};
  all[AT_LISTENER] = (struct pollfd){.fd = accept_after_ns > 0 ? -1 : listener, .events = POLLIN};
  for (size_t i = 0; i < PLACES; i++) {
    all[AT_CLIENTS + i] = (struct pollfd){.fd = clients[i].fd, .events = wanted(&clients[i])};
  }
  turn->source_count = board_wanted(&all[AT_SOURCES], now);
  turn->extra_count = gpio_extra_wanted(&all[AT_EXTRA]);
  const int64_t due = next_due_ns(now);
  const int64_t wait_ns = due > now ? due - now : 0;
  const struct timespec timeout = {.tv_sec = wait_ns / NS_PER_S, .tv_nsec = wait_ns % NS_PER_S};
  const int ready = ppoll(all, AT_END, due == INT64_MAX ? NULL : &timeout, waiting_mask);
  for (size_t i = 0; i < AT_END && ready <= 0; i++) all[i].revents = 0;
  return ready;
}

/* One turn: outputs first, for their times are promises; then a bite of each line, then one of each client. */
static void take_turn(const struct turn *turn) {
  outputs_tick();
  publish();
  const int64_t now = clock_ns();
  for (size_t i = 0; i < turn->source_count; i++) {
    board_serve(i, turn->all[AT_SOURCES + i].revents != 0, now);
    publish();
  }
  gpio_extra_serve(&turn->all[AT_EXTRA], turn->extra_count);
  for (size_t i = 0; i < PLACES; i++) {
    if (clients[i].fd >= 0) serve(&clients[i], turn->all[AT_CLIENTS + i].revents);
  }
  reap();
  if (turn->all[AT_LISTENER].revents != 0) accept_some();
}

int server_run(const volatile sig_atomic_t *stop, const sigset_t *waiting_mask, char reason[REASON_SIZE]) {
  int result = 0;
  while (!*stop && result == 0) {
    struct turn turn;
    if (wait_turn(&turn, waiting_mask) < 0 && errno != EINTR) {
      result = text_wrong(reason, "poll_failed: %s", strerror(errno));
    }
    take_turn(&turn);
    if (requests_lost() != NULL) {
      result = text_wrong(reason, "%s", requests_lost());
    } else if (outputs_stuck() != NULL) {
      result = text_wrong(reason, "line_failed: output %s does not go to its safe level", outputs_stuck());
    }
  }
  if (outputs_stop() < 0 && result == 0) {
    snprintf(reason, REASON_SIZE, "line_failed: an output does not go to its safe level");
    result = -1;
  }
  publish();
  (void)unlink(address.sun_path);
  for (size_t i = 0; i < PLACES; i++) {
    if (clients[i].fd >= 0) close(clients[i].fd);
  }
  close(listener);
  return result;
}
