/* The kernel's GPIO character device, version 2 of its interface (<linux/gpio.h>, since Linux 5.10). */
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "chips.h"

#define CONSUMER "blockmesh-pins"
#define READ_EVENTS_MAX 64

const char gpio_usage[] = "";

/* One request of the kernel: the line of an output or an input, or both of a reader. */
struct handle {
  bool used;
  int fd;
  uint32_t d1_offset;
};

static struct handle handles[GPIO_HANDLES_MAX];

enum gpio_option_result gpio_option(const char *name, const char *value, char reason[REASON_SIZE]) {
  (void)name, (void)value, (void)reason;
  return GPIO_OPTION_UNKNOWN;
}

int gpio_start(char reason[REASON_SIZE]) {
  (void)reason;
  return 0;
}

static void add_attribute(struct gpio_v2_line_config *config, struct gpio_v2_line_attribute attribute) {
  config->attrs[config->num_attrs].attr = attribute;
  config->attrs[config->num_attrs].mask = 1;
  config->num_attrs++;
}

static uint64_t bias_flag(enum bias bias) {
  static const uint64_t flags[] = {[BIAS_NONE] = GPIO_V2_LINE_FLAG_BIAS_DISABLED,
                                   [BIAS_PULL_UP] = GPIO_V2_LINE_FLAG_BIAS_PULL_UP,
                                   [BIAS_PULL_DOWN] = GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN};
  return flags[bias];
}

/*
 * The kernel does what it can do for us: it knows of active low, so that values and edges agree with each other and
 * with outputs; it debounces, by hardware where there is some; and it stamps edges with CLOCK_MONOTONIC by itself.
 */
static struct gpio_v2_line_request request_for(const struct declaration *declaration,
                                               const struct gpio_place places[2], bool active) {
  struct gpio_v2_line_request request = {.consumer = CONSUMER, .num_lines = declared_pins(declaration)};
  struct gpio_v2_line_config *config = &request.config;
  for (size_t i = 0; i < request.num_lines; i++) request.offsets[i] = places[i].offset;
  if (declaration->active_low) config->flags |= GPIO_V2_LINE_FLAG_ACTIVE_LOW;
  switch (declaration->kind) {
    case DECLARED_OUTPUT:
      config->flags |= GPIO_V2_LINE_FLAG_OUTPUT;
      add_attribute(config, (struct gpio_v2_line_attribute){.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES, .values = active});
      break;
    case DECLARED_INPUT:
      config->flags |= GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING;
      config->flags |= bias_flag(declaration->bias);
      request.event_buffer_size = PINS_EDGES_MAX;
      if (declaration->debounce_ms == 0) break;
      add_attribute(config,
                    (struct gpio_v2_line_attribute){.id = GPIO_V2_LINE_ATTR_ID_DEBOUNCE,
                                                    .debounce_period_us = (uint32_t)declaration->debounce_ms * 1000});
      break;
    case DECLARED_WIEGAND:
      /* One request for both lines: only within one are edges of two lines kept in order. */
      config->flags |= GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_FALLING | GPIO_V2_LINE_FLAG_BIAS_PULL_UP;
      request.event_buffer_size = PINS_EDGES_MAX;
      break;
  }
  return request;
}

int gpio_claim(const struct declaration *declaration, const struct gpio_place places[2], bool active,
               char reason[REASON_SIZE]) {
  struct gpio_v2_line_request request = request_for(declaration, places, active);
  size_t free_place = 0;
  while (free_place < GPIO_HANDLES_MAX && handles[free_place].used) free_place++;
  if (free_place == GPIO_HANDLES_MAX) return text_wrong(reason, "claim_failed: no handle is left");
  if (ioctl(chips_fd(places[0].chip), GPIO_V2_GET_LINE_IOCTL, &request) < 0) {
    const char *code = errno == EBUSY ? "line_busy" : "claim_failed";
    return text_wrong(reason, "%s: %s: chip %s, offset %u: %s", code, declaration->name, chips_label(places[0].chip),
                      places[0].offset, strerror(errno));
  }
  if (fcntl(request.fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(request.fd, F_SETFL, O_NONBLOCK) < 0) {
    const int problem = errno;
    close(request.fd);
    return text_wrong(reason, "claim_failed: %s: %s", declaration->name, strerror(problem));
  }
  handles[free_place] = (struct handle){.used = true, .fd = request.fd, .d1_offset = places[1].offset};
  return (int)free_place;
}

static int fd_of(int handle) { return handle < 0 ? -1 : handles[handle].fd; }

void gpio_release(int handle) {
  close(fd_of(handle));
  handles[handle].used = false;
}

int gpio_set(int handle, bool active) {
  struct gpio_v2_line_values values = {.bits = active, .mask = 1};
  return ioctl(fd_of(handle), GPIO_V2_LINE_SET_VALUES_IOCTL, &values);
}

int gpio_get(int handle, bool *active) {
  struct gpio_v2_line_values values = {.mask = 1};
  const int result = ioctl(fd_of(handle), GPIO_V2_LINE_GET_VALUES_IOCTL, &values);
  *active = (values.bits & 1) != 0;
  return result;
}

int gpio_edge_fd(int handle) { return fd_of(handle); }

int gpio_read_edges(int handle, struct gpio_edge edges[], size_t max) {
  struct gpio_v2_line_event events[READ_EVENTS_MAX];
  if (max > READ_EVENTS_MAX) max = READ_EVENTS_MAX;
  const ssize_t size = read(fd_of(handle), events, max * sizeof events[0]);
  if (size < 0) return -1;
  const size_t count = (size_t)size / sizeof events[0];
  for (size_t i = 0; i < count; i++) {
    edges[i] = (struct gpio_edge){.ns = (int64_t)events[i].timestamp_ns,
                                  .seq = events[i].seqno,
                                  .line_seq = events[i].line_seqno,
                                  .one = events[i].offset == handles[handle].d1_offset,
                                  .active = events[i].id == GPIO_V2_LINE_EVENT_RISING_EDGE};
  }
  return (int)count;
}

size_t gpio_extra_wanted(struct pollfd extra[GPIO_EXTRA_MAX]) {
  (void)extra;
  return 0;
}

void gpio_extra_serve(const struct pollfd extra[], size_t count) { (void)extra, (void)count; }
