/* What --output, --input and --wiegand declare, in PROTOCOL.md's grammar. */
#ifndef PINS_DECLARATION_H
#define PINS_DECLARATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

enum declared_kind { DECLARED_OUTPUT, DECLARED_INPUT, DECLARED_WIEGAND };
enum bias { BIAS_NONE, BIAS_PULL_UP, BIAS_PULL_DOWN };

struct pin {
  char chip[PINS_LABEL_BYTES_MAX + 1]; /* label; empty: any chip, with a line name */
  char line[PINS_LABEL_BYTES_MAX + 1]; /* name; empty: by offset on the labelled chip */
  uint32_t offset;
};

struct declaration {
  enum declared_kind kind;
  char name[PINS_NAME_BYTES_MAX + 1];
  struct pin pins[2];  /* D0 and D1 of a reader; else the first */
  bool active_low;     /* of an output or input */
  enum bias bias;      /* of an input */
  int64_t longest_ms;  /* of an output */
  int64_t debounce_ms; /* of an input */
  int64_t gap_ms;      /* of a reader */
};

struct declared {
  struct declaration all[DECLARED_MAX];
  size_t count;
};

/* "output", "input" or "wiegand", as after the two dashes. */
const char *declared_word(enum declared_kind kind);

/* 1 or 2. */
size_t declared_pins(const struct declaration *declaration);

bool declaration_same(const struct declaration *one, const struct declaration *other);

/*
 * Adds what `option` with `text` declares. Returns 1, or 0 when that option declares nothing, or -1 with `reason`
 * naming the option and what is wrong with it.
 */
int declared_add(struct declared *declared, const char *option, const char *text, char reason[REASON_SIZE]);

#endif
