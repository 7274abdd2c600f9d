/* The kernel's GPIO character device, version 2 of its interface (<linux/gpio.h>, since Linux 5.10). */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../gpio.h"
#include "../text.h"

_Static_assert(GPIO_LABEL_SIZE == GPIO_MAX_NAME_SIZE, "labels have the kernel's size");
_Static_assert(PINS_OUTPUTS_MAX <= GPIO_V2_LINES_MAX, "all outputs of one chip fit one request");

#define CONSUMER "blockmesh-pins"
#define DEV_PATH_SIZE 300

const char gpio_usage[] = "";

struct chip {
  int fd;
  dev_t device;
  char label[GPIO_LABEL_SIZE];
  uint32_t line_count;
  int request_fd;
};

struct claimed {
  size_t chip;
  uint32_t offset;
  unsigned bit; /* place in the request of its chip */
};

static struct chip chips[PINS_CHIPS_MAX];
static size_t chip_count;
static unsigned chips_denied;
static struct claimed claimed[PINS_OUTPUTS_MAX];

enum gpio_option_result gpio_option(const char *name, const char *value, char reason[REASON_SIZE]) {
  (void)name, (void)value, (void)reason;
  return GPIO_OPTION_UNKNOWN;
}

/* Opens one device node; a second name of a chip already open (Raspberry Pi kernels link gpiochip4) is skipped. */
static void open_chip(const char *path) {
  struct stat status;
  struct gpiochip_info info = {0};
  if (chip_count == PINS_CHIPS_MAX) return;
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) {
    if (errno == EACCES || errno == EPERM) chips_denied++;
    return;
  }
  bool skip = fstat(fd, &status) < 0 || !S_ISCHR(status.st_mode) || ioctl(fd, GPIO_GET_CHIPINFO_IOCTL, &info) < 0;
  for (size_t i = 0; i < chip_count && !skip; i++) skip = chips[i].device == status.st_rdev;
  if (skip) {
    close(fd);
    return;
  }
  struct chip *chip = &chips[chip_count++];
  *chip = (struct chip){.fd = fd, .device = status.st_rdev, .line_count = info.lines, .request_fd = -1};
  memcpy(chip->label, info.label, sizeof chip->label);
  chip->label[sizeof chip->label - 1] = '\0';
}

static int open_chips(char reason[REASON_SIZE]) {
  DIR *dev = opendir("/dev");
  if (dev == NULL) return text_wrong(reason, "chip_missing: /dev: %s", strerror(errno));
  for (const struct dirent *entry = readdir(dev); entry != NULL; entry = readdir(dev)) {
    char path[DEV_PATH_SIZE];
    if (strncmp(entry->d_name, "gpiochip", strlen("gpiochip")) != 0) continue;
    snprintf(path, sizeof path, "/dev/%s", entry->d_name);
    open_chip(path);
  }
  closedir(dev);
  if (chip_count > 0) return 0;
  if (chips_denied > 0) {
    return text_wrong(reason, "chip_denied: no right to open any of %u /dev/gpiochip*", chips_denied);
  }
  return text_wrong(reason, "chip_missing: this kernel shows no /dev/gpiochip*");
}

/* The offset of the line of this name on a chip; its number of matches is returned. */
static unsigned find_line(const struct chip *chip, const char *name, uint32_t *offset) {
  unsigned found = 0;
  for (uint32_t i = 0; i < chip->line_count; i++) {
    struct gpio_v2_line_info info = {.offset = i};
    if (ioctl(chip->fd, GPIO_V2_GET_LINEINFO_IOCTL, &info) < 0) continue;
    if (strncmp(info.name, name, sizeof info.name) != 0) continue;
    *offset = i;
    found++;
  }
  return found;
}

static int find_chip(const struct gpio_line *line, size_t *chip, char reason[REASON_SIZE]) {
  unsigned found = 0;
  for (size_t i = 0; i < chip_count; i++) {
    if (strcmp(chips[i].label, line->chip) != 0) continue;
    *chip = i;
    found++;
  }
  if (found == 1) return 0;
  if (found > 1) {
    return text_wrong(reason, "chip_ambiguous: output %s: %u chips are labelled %s", line->output, found, line->chip);
  }
  return text_wrong(reason, "chip_missing: output %s: no chip is labelled %s (%zu opened, %u denied)", line->output,
                    line->chip, chip_count, chips_denied);
}

static int find_pin(const struct gpio_line *line, struct claimed *pin, char reason[REASON_SIZE]) {
  const bool labelled = line->chip[0] != '\0';
  if (labelled && find_chip(line, &pin->chip, reason) < 0) return -1;
  if (line->line[0] == '\0') {
    pin->offset = line->offset;
    if (pin->offset < chips[pin->chip].line_count) return 0;
    return text_wrong(reason, "line_missing: output %s: chip %s has %u lines, offset %u is beyond them", line->output,
                      line->chip, chips[pin->chip].line_count, line->offset);
  }
  unsigned found = 0;
  for (size_t i = 0; i < chip_count; i++) {
    uint32_t offset;
    if (labelled && i != pin->chip) continue;
    const unsigned here = find_line(&chips[i], line->line, &offset);
    if (here == 0) continue;
    pin->chip = i;
    pin->offset = offset;
    found += here;
  }
  if (found == 1) return 0;
  if (found > 1) {
    return text_wrong(reason, "line_ambiguous: output %s: %u lines are named %s", line->output, found, line->line);
  }
  return text_wrong(reason, "line_missing: output %s: no line is named %s", line->output, line->line);
}

/* One request a chip: all its lines become outputs and get their safe value, logical 0, in the same call. */
static int request_lines(size_t chip_index, const struct gpio_line *lines, size_t count, char reason[REASON_SIZE]) {
  struct chip *chip = &chips[chip_index];
  struct gpio_v2_line_request request = {.consumer = CONSUMER};
  uint64_t active_low = 0;
  for (size_t i = 0; i < count; i++) {
    if (claimed[i].chip != chip_index) continue;
    claimed[i].bit = request.num_lines;
    request.offsets[request.num_lines] = claimed[i].offset;
    if (lines[i].active_low) active_low |= 1ULL << request.num_lines;
    request.num_lines++;
  }
  if (request.num_lines == 0) return 0;
  const uint64_t all = request.num_lines == 64 ? ~0ULL : (1ULL << request.num_lines) - 1;
  request.config.flags = GPIO_V2_LINE_FLAG_OUTPUT;
  request.config.attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES;
  request.config.attrs[0].attr.values = 0;
  request.config.attrs[0].mask = all;
  request.config.num_attrs = 1;
  if (active_low != 0) {
    request.config.attrs[1].attr.id = GPIO_V2_LINE_ATTR_ID_FLAGS;
    request.config.attrs[1].attr.flags = GPIO_V2_LINE_FLAG_OUTPUT | GPIO_V2_LINE_FLAG_ACTIVE_LOW;
    request.config.attrs[1].mask = active_low;
    request.config.num_attrs = 2;
  }
  if (ioctl(chip->fd, GPIO_V2_GET_LINE_IOCTL, &request) < 0) {
    const char *code = errno == EBUSY ? "line_busy" : "claim_failed";
    return text_wrong(reason, "%s: chip %s: %s", code, chip->label, strerror(errno));
  }
  chip->request_fd = request.fd;
  return fcntl(request.fd, F_SETFD, FD_CLOEXEC) < 0 ? text_wrong(reason, "claim_failed: %s", strerror(errno)) : 0;
}

int gpio_claim(const struct gpio_line *lines, size_t count, char reason[REASON_SIZE]) {
  if (open_chips(reason) < 0) return -1;
  for (size_t i = 0; i < count; i++) {
    if (find_pin(&lines[i], &claimed[i], reason) < 0) return -1;
    for (size_t j = 0; j < i; j++) {
      if (claimed[j].chip != claimed[i].chip || claimed[j].offset != claimed[i].offset) continue;
      return text_wrong(reason, "line_twice: outputs %s and %s are the same line", lines[j].output, lines[i].output);
    }
  }
  for (size_t i = 0; i < chip_count; i++) {
    if (request_lines(i, lines, count, reason) < 0) return -1;
    /* The request keeps the lines; the chip itself is needed no more. */
    close(chips[i].fd);
    chips[i].fd = -1;
  }
  return 0;
}

int gpio_set(size_t index, bool active) {
  const uint64_t bit = 1ULL << claimed[index].bit;
  struct gpio_v2_line_values values = {.bits = active ? bit : 0, .mask = bit};
  return ioctl(chips[claimed[index].chip].request_fd, GPIO_V2_LINE_SET_VALUES_IOCTL, &values);
}

int gpio_get(size_t index, bool *active) {
  const uint64_t bit = 1ULL << claimed[index].bit;
  struct gpio_v2_line_values values = {.mask = bit};
  const int result = ioctl(chips[claimed[index].chip].request_fd, GPIO_V2_LINE_GET_VALUES_IOCTL, &values);
  *active = (values.bits & bit) != 0;
  return result;
}
