/*
 * The seam to the lines themselves. Two backends: backend/v2 (the kernel's GPIO v2 interface) and backend/sim (lines
 * in memory, for tests). Values are logical: true is the active level; of an output false is the safe one.
 */
#ifndef PINS_GPIO_H
#define PINS_GPIO_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "declaration.h"

/* During a change the old lines and the new ones are claimed at the same time. */
#define GPIO_HANDLES_MAX (2 * DECLARED_MAX)
#define GPIO_EXTRA_MAX 8

/* Which line of which chip; equal for equal lines. */
struct gpio_place {
  uint64_t chip;
  uint32_t offset;
};

struct gpio_edge {
  int64_t ns;        /* CLOCK_MONOTONIC, when it happened */
  uint32_t seq;      /* counts the edges of the claim from 1, those too that were lost */
  uint32_t line_seq; /* the same of this one line */
  bool one;          /* of a reader: D1 fell */
  bool active;       /* of an input: its new value */
};

enum gpio_option_result { GPIO_OPTION_TAKEN, GPIO_OPTION_UNKNOWN, GPIO_OPTION_BAD };

/* What --help says about the options of this backend alone; may be empty. */
extern const char gpio_usage[];

/* Offers one option with its value to the backend. On GPIO_OPTION_BAD, `reason` says why. */
enum gpio_option_result gpio_option(const char *name, const char *value, char reason[REASON_SIZE]);

/* Before the first gpio_open. Returns 0, or -1 with `reason` as "code: text". */
int gpio_start(char reason[REASON_SIZE]);

/* Opens and closes the chips around a change: places are found and lines claimed in between. As gpio_start. */
int gpio_open(char reason[REASON_SIZE]);
void gpio_close(void);

/* Finds each pin of a declaration, claimed or not. Returns 0, or -1 with `reason` as "code: text". */
int gpio_find(const struct declaration *declaration, struct gpio_place places[2], char reason[REASON_SIZE]);

/*
 * Claims the lines at `places` in one request, which also drives an output to `active`, and begins to watch the edges
 * of an input or a reader. Returns a handle, or -1 with `reason` as "code: text" and nothing claimed.
 */
int gpio_claim(const struct declaration *declaration, const struct gpio_place places[2], bool active,
               char reason[REASON_SIZE]);

/* Gives the lines of a handle back. */
void gpio_release(int handle);

/* Drives an output; 0, or -1 with errno. */
int gpio_set(int handle, bool active);

/* Reads an output or an input back from its chip; 0, or -1 with errno. */
int gpio_get(int handle, bool *active);

/* What to poll for the edges of an input or a reader. */
int gpio_edge_fd(int handle);

/* Takes up to `max` of the edges that wait, oldest first, without waiting for more. Their number, or -1 with errno. */
int gpio_read_edges(int handle, struct gpio_edge edges[], size_t max);

/* What the backend itself waits for, at most GPIO_EXTRA_MAX; their number. */
size_t gpio_extra_wanted(struct pollfd extra[GPIO_EXTRA_MAX]);

/* Serves those, one bounded bite each. */
void gpio_extra_serve(const struct pollfd extra[], size_t count);

#endif
