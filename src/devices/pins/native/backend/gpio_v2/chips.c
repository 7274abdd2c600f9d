#include "chips.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <stdio.h>
#include <unistd.h>

_Static_assert(PINS_LABEL_BYTES_MAX + 1 == GPIO_MAX_NAME_SIZE, "labels have the kernel's size");

#define DEV_PATH_SIZE 300

struct chip {
  int fd;
  dev_t device;
  char label[GPIO_MAX_NAME_SIZE];
  uint32_t line_count;
};

static struct chip chips[PINS_CHIPS_MAX];
static size_t chip_count;
static unsigned chips_denied;

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
  *chip = (struct chip){.fd = fd, .device = status.st_rdev, .line_count = info.lines};
  memcpy(chip->label, info.label, sizeof chip->label);
  chip->label[sizeof chip->label - 1] = '\0';
}

int gpio_open(char reason[REASON_SIZE]) {
  chip_count = chips_denied = 0;
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

static int find_chip(const char *label, const char *name, size_t *chip, char reason[REASON_SIZE]) {
  unsigned found = 0;
  for (size_t i = 0; i < chip_count; i++) {
    if (strcmp(chips[i].label, label) != 0) continue;
    *chip = i;
    found++;
  }
  if (found == 1) return 0;
  if (found > 1) return text_wrong(reason, "chip_ambiguous: %s: %u chips are labelled %s", name, found, label);
  return text_wrong(reason, "chip_missing: %s: no chip is labelled %s (%zu opened, %u denied)", name, label, chip_count,
                    chips_denied);
}

static int find_pin(const struct pin *pin, const char *name, struct gpio_place *place, char reason[REASON_SIZE]) {
  const bool labelled = pin->chip[0] != '\0';
  size_t chip = 0;
  if (labelled && find_chip(pin->chip, name, &chip, reason) < 0) return -1;
  if (pin->line[0] == '\0') {
    *place = (struct gpio_place){.chip = chips[chip].device, .offset = pin->offset};
    if (pin->offset < chips[chip].line_count) return 0;
    return text_wrong(reason, "line_missing: %s: chip %s has %u lines, offset %u is beyond them", name, pin->chip,
                      chips[chip].line_count, pin->offset);
  }
  unsigned found = 0;
  for (size_t i = 0; i < chip_count; i++) {
    uint32_t offset;
    if (labelled && i != chip) continue;
    const unsigned here = find_line(&chips[i], pin->line, &offset);
    if (here > 0) *place = (struct gpio_place){.chip = chips[i].device, .offset = offset};
    found += here;
  }
  if (found == 1) return 0;
  if (found > 1) return text_wrong(reason, "line_ambiguous: %s: %u lines are named %s", name, found, pin->line);
  return text_wrong(reason, "line_missing: %s: no line is named %s", name, pin->line);
}

int gpio_find(const struct declaration *declaration, struct gpio_place places[2], char reason[REASON_SIZE]) {
  for (size_t i = 0; i < declared_pins(declaration); i++) {
    if (find_pin(&declaration->pins[i], declaration->name, &places[i], reason) < 0) return -1;
  }
  if (declared_pins(declaration) == 1 || places[0].chip == places[1].chip) return 0;
  return text_wrong(reason, "chips_differ: %s: D0 and D1 are on two chips, and only one keeps their order",
                    declaration->name);
}

static const struct chip *chip_of(uint64_t device) {
  for (size_t i = 0; i < chip_count; i++) {
    if (chips[i].device == device) return &chips[i];
  }
  return NULL;
}

int chips_fd(uint64_t device) {
  const struct chip *chip = chip_of(device);
  return chip == NULL ? -1 : chip->fd;
}

const char *chips_label(uint64_t device) {
  const struct chip *chip = chip_of(device);
  return chip == NULL ? "gone" : chip->label;
}

void gpio_close(void) {
  for (size_t i = 0; i < chip_count; i++) close(chips[i].fd);
  chip_count = 0;
}
