#include "intake.h"

#include <errno.h>

#include "clock.h"

static bool is_used_up(const struct intake *intake, int64_t now_ns) {
  return intake->taken >= PINS_EDGES_MAX && now_ns < intake->window_end_ns;
}

struct pollfd intake_wanted(const struct intake *intake, int64_t now_ns) {
  const bool idle = intake->dead || is_used_up(intake, now_ns);
  return (struct pollfd){.fd = idle ? -1 : gpio_edge_fd(intake->handle), .events = POLLIN};
}

int64_t intake_due_ns(const struct intake *intake, int64_t now_ns) {
  return !intake->dead && is_used_up(intake, now_ns) ? intake->window_end_ns : INT64_MAX;
}

size_t intake_take(struct intake *intake, int64_t now_ns, struct gpio_edge edges[INTAKE_BITE], bool *drained) {
  *drained = intake->dead;
  if (intake->dead || is_used_up(intake, now_ns)) return 0;
  if (now_ns >= intake->window_end_ns) {
    intake->window_end_ns = now_ns + PINS_EDGE_WINDOW_MS * NS_PER_MS;
    intake->taken = 0;
  }
  const int count = gpio_read_edges(intake->handle, edges, INTAKE_BITE);
  if (count <= 0) {
    const bool waiting = count < 0 && (errno == EAGAIN || errno == EINTR);
    intake->dead = !waiting;
    *drained = !waiting || errno == EAGAIN;
    return 0;
  }
  intake->taken += (unsigned)count;
  *drained = count < INTAKE_BITE;
  return (size_t)count;
}
