/*
 * The seam to the lines themselves. Two backends: backend/gpio_v2.c (the kernel's GPIO v2 interface) and
 * backend/gpio_sim.c (lines in memory, for tests). Values are logical: true is the active level, false the safe one.
 */
#ifndef PINS_GPIO_H
#define PINS_GPIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "limits.h"

/* GPIO_MAX_NAME_SIZE of the kernel, its terminator included. */
#define GPIO_LABEL_SIZE 32
#define REASON_SIZE 512

struct gpio_line {
  char output[PINS_NAME_BYTES_MAX + 1];
  char chip[GPIO_LABEL_SIZE]; /* label; empty: any chip, with a line name */
  char line[GPIO_LABEL_SIZE]; /* name; empty: by offset on the labelled chip */
  uint32_t offset;
  bool active_low;
};

enum gpio_option_result { GPIO_OPTION_TAKEN, GPIO_OPTION_UNKNOWN, GPIO_OPTION_BAD };

/* What --help says about the options of this backend alone; may be empty. */
extern const char gpio_usage[];

/* Offers one option with its value to the backend. On GPIO_OPTION_BAD, `reason` says why. */
enum gpio_option_result gpio_option(const char *name, const char *value, char reason[REASON_SIZE]);

/*
 * Finds every line and claims it as an output, all lines of a chip in one request that also drives them to their
 * safe level. Called once. Returns 0, or -1 with `reason` as "code: text" and no line claimed for good (the
 * process ends, and the kernel takes them back).
 */
int gpio_claim(const struct gpio_line *lines, size_t count, char reason[REASON_SIZE]);

/* Drives line `index` of the claim; 0, or -1 with errno. */
int gpio_set(size_t index, bool active);

/* Reads line `index` back from the chip; 0, or -1 with errno. */
int gpio_get(size_t index, bool *active);

#endif
