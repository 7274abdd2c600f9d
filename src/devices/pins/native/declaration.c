#include "declaration.h"

#include <string.h>

#define LINE_OFFSET_MAX 4095
#define TEXT_SIZE 256
#define KEYS_MAX 6

/* A declaration in its parts: NAME,key=value,... with every key known and given once. */
struct cut {
  const char *option;
  const char *name;
  const char *const *keys; /* KEYS_MAX of them; NULL for none */
  const char *values[KEYS_MAX];
};

static const struct {
  const char *word;
  const char *plural;
  size_t max;
  const char *keys[KEYS_MAX];
} kinds[] = {
    [DECLARED_OUTPUT] = {"output", "outputs", PINS_OUTPUTS_MAX, {"chip", "line", "offset", "active", "safe", "longest"}},
    [DECLARED_INPUT] = {"input", "inputs", PINS_INPUTS_MAX, {"chip", "line", "offset", "active", "bias", "debounce"}},
    [DECLARED_WIEGAND] =
        {"wiegand", "Wiegand readers", PINS_WIEGAND_MAX, {"chip", "d0", "d1", "d0_offset", "d1_offset", "gap"}},
};

const char *declared_word(enum declared_kind kind) { return kinds[kind].word; }

size_t declared_pins(const struct declaration *declaration) { return declaration->kind == DECLARED_WIEGAND ? 2 : 1; }

static bool same_pin(const struct pin *a, const struct pin *b) {
  return strcmp(a->chip, b->chip) == 0 && strcmp(a->line, b->line) == 0 && a->offset == b->offset;
}

bool declaration_same(const struct declaration *one, const struct declaration *other) {
  return one->kind == other->kind && strcmp(one->name, other->name) == 0 && same_pin(&one->pins[0], &other->pins[0]) &&
         same_pin(&one->pins[1], &other->pins[1]) && one->active_low == other->active_low && one->bias == other->bias &&
         one->longest_ms == other->longest_ms && one->debounce_ms == other->debounce_ms && one->gap_ms == other->gap_ms;
}

/* gpiochip0 and its like are counted out at boot, in an order that changes. */
static bool is_counted_chip(const char *label) {
  static const char prefix[] = "gpiochip";
  const size_t length = sizeof prefix - 1;
  if (strncmp(label, prefix, length) == 0) label += length;
  return *label != '\0' && strspn(label, "0123456789") == strlen(label);
}

static size_t key_place(const struct cut *cut, const char *key) {
  size_t place = 0;
  while (place < KEYS_MAX && strcmp(cut->keys[place], key) != 0) place++;
  return place;
}

static const char *value_of(const struct cut *cut, const char *key) { return cut->values[key_place(cut, key)]; }

/* Cuts `text` in place; `whole` is the same text, uncut, for reasons. */
static int cut_text(struct cut *cut, char *text, const char *whole, char reason[REASON_SIZE]) {
  const char *option = cut->option;
  char *rest = text;
  cut->name = strsep(&rest, ",");
  while (rest != NULL) {
    char *part = strsep(&rest, ",");
    char *equals = strchr(part, '=');
    if (equals == NULL) return text_wrong(reason, "%s %s: expected key=value, found \"%s\"", option, whole, part);
    *equals = '\0';
    const size_t place = key_place(cut, part);
    if (place == KEYS_MAX) return text_wrong(reason, "%s %s: unknown key \"%s\"", option, whole, part);
    if (cut->values[place] != NULL) return text_wrong(reason, "%s %s: %s is given twice", option, whole, part);
    if (equals[1] == '\0') return text_wrong(reason, "%s %s: %s is empty", option, whole, part);
    cut->values[place] = equals + 1;
  }
  if (text_is_name(cut->name)) return 0;
  return text_wrong(reason, "%s %s: a name has 1 to %d of 0-9 a-z A-Z _ -", option, whole, PINS_NAME_BYTES_MAX);
}

static int refuse(char reason[REASON_SIZE], const struct cut *cut, const char *text) {
  return text_wrong(reason, "%s %s: %s", cut->option, cut->name, text);
}

static int read_pin(struct pin *pin, const struct cut *cut, const char *line_key, const char *offset_key,
                    char reason[REASON_SIZE]) {
  const char *chip = value_of(cut, "chip"), *line = value_of(cut, line_key), *place = value_of(cut, offset_key);
  const char *option = cut->option, *name = cut->name;
  if (line == NULL && place == NULL) {
    return text_wrong(reason, "%s %s: no pin: give %s=NAME, or chip=LABEL and %s=NUMBER", option, name, line_key,
                      offset_key);
  }
  if (line != NULL && place != NULL) {
    return text_wrong(reason, "%s %s: %s and %s both name the pin", option, name, line_key, offset_key);
  }
  if (place != NULL && chip == NULL) {
    return text_wrong(reason, "%s %s: an offset alone is a computed number: add chip=LABEL, or use %s=NAME", option,
                      name, line_key);
  }
  if (chip != NULL && is_counted_chip(chip)) {
    return text_wrong(reason, "%s %s: chip \"%s\" is a number that changes with the boot order: use its label", option,
                      name, chip);
  }
  if ((chip != NULL && strlen(chip) > PINS_LABEL_BYTES_MAX) || (line != NULL && strlen(line) > PINS_LABEL_BYTES_MAX)) {
    return text_wrong(reason, "%s %s: labels and line names have at most %d bytes", option, name, PINS_LABEL_BYTES_MAX);
  }
  int64_t offset = 0;
  if (place != NULL && (!text_number(place, &offset) || offset > LINE_OFFSET_MAX)) {
    return text_wrong(reason, "%s %s: %s \"%s\" is not a number from 0 to %d", option, name, offset_key, place,
                      LINE_OFFSET_MAX);
  }
  if (chip != NULL) strcpy(pin->chip, chip);
  if (line != NULL) strcpy(pin->line, line);
  pin->offset = (uint32_t)offset;
  return 0;
}

static bool is_level(const char *text) {
  return text != NULL && (strcmp(text, "high") == 0 || strcmp(text, "low") == 0);
}

static int read_active(struct declaration *into, const struct cut *cut, char reason[REASON_SIZE]) {
  const char *active = value_of(cut, "active");
  if (!is_level(active)) return refuse(reason, cut, "active=high or active=low is needed");
  into->active_low = strcmp(active, "low") == 0;
  return 0;
}

/* The number `text` says, from `min` to `max`; without a text `number` stays as it is. */
static bool read_number(int64_t *number, const char *text, int64_t min, int64_t max) {
  return text == NULL || (text_number(text, number) && *number >= min && *number <= max);
}

static int read_output(struct declaration *into, const struct cut *cut, char reason[REASON_SIZE]) {
  if (read_pin(&into->pins[0], cut, "line", "offset", reason) < 0 || read_active(into, cut, reason) < 0) return -1;
  const char *safe = value_of(cut, "safe"), *longest = value_of(cut, "longest");
  if (!is_level(safe)) return refuse(reason, cut, "safe=high or safe=low is needed");
  if (strcmp(value_of(cut, "active"), safe) == 0) {
    return text_wrong(reason, "%s %s: active and safe are both %s: at rest it would be on", cut->option, cut->name,
                      safe);
  }
  if (longest == NULL || !read_number(&into->longest_ms, longest, 1, PINS_ON_MS_MAX)) {
    return text_wrong(reason, "%s %s: longest=MS from 1 to %d is needed", cut->option, cut->name, PINS_ON_MS_MAX);
  }
  return 0;
}

static int read_input(struct declaration *into, const struct cut *cut, char reason[REASON_SIZE]) {
  if (read_pin(&into->pins[0], cut, "line", "offset", reason) < 0 || read_active(into, cut, reason) < 0) return -1;
  const char *bias = value_of(cut, "bias");
  if (bias != NULL && strcmp(bias, "pull-up") == 0) {
    into->bias = BIAS_PULL_UP;
  } else if (bias != NULL && strcmp(bias, "pull-down") == 0) {
    into->bias = BIAS_PULL_DOWN;
  } else if (bias == NULL || strcmp(bias, "none") != 0) {
    return refuse(reason, cut, "bias=pull-up, bias=pull-down or bias=none is needed");
  }
  into->debounce_ms = PINS_DEBOUNCE_MS;
  if (read_number(&into->debounce_ms, value_of(cut, "debounce"), 0, PINS_DEBOUNCE_MS_MAX)) return 0;
  return text_wrong(reason, "%s %s: debounce is not a number of ms from 0 to %d", cut->option, cut->name,
                    PINS_DEBOUNCE_MS_MAX);
}

static int read_wiegand(struct declaration *into, const struct cut *cut, char reason[REASON_SIZE]) {
  if (read_pin(&into->pins[0], cut, "d0", "d0_offset", reason) < 0) return -1;
  if (read_pin(&into->pins[1], cut, "d1", "d1_offset", reason) < 0) return -1;
  if (same_pin(&into->pins[0], &into->pins[1])) return refuse(reason, cut, "d0 and d1 are the same pin");
  into->gap_ms = PINS_GAP_MS;
  if (read_number(&into->gap_ms, value_of(cut, "gap"), 1, PINS_GAP_MS_MAX)) return 0;
  return text_wrong(reason, "%s %s: gap is not a number of ms from 1 to %d", cut->option, cut->name, PINS_GAP_MS_MAX);
}

static bool shares_pin(const struct declaration *one, const struct declaration *other) {
  for (size_t i = 0; i < declared_pins(one); i++) {
    for (size_t j = 0; j < declared_pins(other); j++) {
      if (same_pin(&one->pins[i], &other->pins[j])) return true;
    }
  }
  return false;
}

static int add(struct declared *declared, const struct declaration *one, const char *option, char reason[REASON_SIZE]) {
  for (size_t i = 0; i < declared->count; i++) {
    const struct declaration *other = &declared->all[i];
    if (strcmp(other->name, one->name) == 0) {
      return text_wrong(reason, "%s %s: this name is given twice", option, one->name);
    }
    if (shares_pin(one, other)) {
      return text_wrong(reason, "%s %s: %s %s has the same pin", option, one->name, kinds[other->kind].word,
                        other->name);
    }
  }
  declared->all[declared->count++] = *one;
  return 1;
}

int declared_add(struct declared *declared, const char *option, const char *text, char reason[REASON_SIZE]) {
  static int (*const read[])(struct declaration *, const struct cut *, char[REASON_SIZE]) = {
      [DECLARED_OUTPUT] = read_output, [DECLARED_INPUT] = read_input, [DECLARED_WIEGAND] = read_wiegand};
  const size_t kind_count = sizeof kinds / sizeof kinds[0];
  size_t kind = 0;
  while (kind < kind_count && (strncmp(option, "--", 2) != 0 || strcmp(option + 2, kinds[kind].word) != 0)) kind++;
  if (kind == kind_count) return 0;

  char parts[TEXT_SIZE];
  struct declaration one = {.kind = (enum declared_kind)kind};
  struct cut cut = {.option = option, .keys = kinds[kind].keys};
  if (strlen(text) >= sizeof parts) return text_wrong(reason, "%s: at most %d bytes", option, TEXT_SIZE - 1);
  strcpy(parts, text);
  if (cut_text(&cut, parts, text, reason) < 0) return -1;
  strcpy(one.name, cut.name);
  if (read[kind](&one, &cut, reason) < 0) return -1;
  size_t of_kind = 0;
  for (size_t i = 0; i < declared->count; i++) of_kind += declared->all[i].kind == one.kind;
  if (of_kind == kinds[kind].max) {
    return text_wrong(reason, "%s: at most %zu %s", option, kinds[kind].max, kinds[kind].plural);
  }
  return add(declared, &one, option, reason);
}
