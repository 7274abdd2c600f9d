#include "options.h"

#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "text.h"

#define LINE_OFFSET_MAX 4095
#define OUTPUT_TEXT_SIZE 256

const char options_usage[] =
    "usage: blockmesh-pins --socket PATH --output OUTPUT [--output OUTPUT ...] [--check]\n"
    "\n"
    "  --socket PATH    Unix socket to listen on, mode 0660\n"
    "  --output OUTPUT  NAME,active=LEVEL,safe=LEVEL,longest=MS and the pin, one of\n"
    "                     line=LINE_NAME                the only line of this name on any chip\n"
    "                     chip=LABEL,line=LINE_NAME     on the chip with this label\n"
    "                     chip=LABEL,offset=NUMBER      a line's place on the chip with this label\n"
    "                   LEVEL is high or low, and safe is never active; longest is the longest time on\n"
    "  --check          check the options, open nothing: exit 0, or 2 with the reason\n"
    "  --help           this text\n"
    "  --version        version and protocol\n";

/* gpiochip0 and its like are counted out at boot, in an order that changes. */
static bool is_counted_chip(const char *label) {
  static const char prefix[] = "gpiochip";
  const size_t length = sizeof prefix - 1;
  if (strncmp(label, prefix, length) == 0) label += length;
  return *label != '\0' && strspn(label, "0123456789") == strlen(label);
}

struct output_text {
  const char *name;
  const char *chip;
  const char *line;
  const char *offset;
  const char *active;
  const char *safe;
  const char *longest;
};

/* Cuts NAME,key=value,... in place. */
static int cut(struct output_text *cuts, char *text, const char *whole, char reason[REASON_SIZE]) {
  const struct {
    const char *key;
    const char **value;
  } keys[] = {
      {"chip", &cuts->chip},     {"line", &cuts->line}, {"offset", &cuts->offset},
      {"active", &cuts->active}, {"safe", &cuts->safe}, {"longest", &cuts->longest},
  };
  const size_t key_count = sizeof keys / sizeof keys[0];
  char *rest = text;
  cuts->name = strsep(&rest, ",");
  while (rest != NULL) {
    char *part = strsep(&rest, ",");
    char *equals = strchr(part, '=');
    if (equals == NULL) return text_wrong(reason, "--output %s: expected key=value, found \"%s\"", whole, part);
    *equals = '\0';
    size_t i = 0;
    while (i < key_count && strcmp(keys[i].key, part) != 0) i++;
    if (i == key_count) return text_wrong(reason, "--output %s: unknown key \"%s\"", whole, part);
    if (*keys[i].value != NULL) return text_wrong(reason, "--output %s: %s is given twice", whole, part);
    if (equals[1] == '\0') return text_wrong(reason, "--output %s: %s is empty", whole, part);
    *keys[i].value = equals + 1;
  }
  return 0;
}

static int read_pin(struct gpio_line *line, const struct output_text *cuts, char reason[REASON_SIZE]) {
  const char *name = cuts->name;
  if (cuts->line == NULL && cuts->offset == NULL) {
    return text_wrong(reason, "--output %s: no pin: give line=NAME, or chip=LABEL and offset=NUMBER", name);
  }
  if (cuts->line != NULL && cuts->offset != NULL) {
    return text_wrong(reason, "--output %s: line and offset both name the pin", name);
  }
  if (cuts->offset != NULL && cuts->chip == NULL) {
    return text_wrong(reason, "--output %s: an offset alone is a computed number: add chip=LABEL, or use line=NAME",
                      name);
  }
  if (cuts->chip != NULL && is_counted_chip(cuts->chip)) {
    return text_wrong(reason, "--output %s: chip \"%s\" is a number that changes with the boot order: use its label",
                      name, cuts->chip);
  }
  if ((cuts->chip != NULL && strlen(cuts->chip) >= GPIO_LABEL_SIZE) ||
      (cuts->line != NULL && strlen(cuts->line) >= GPIO_LABEL_SIZE)) {
    return text_wrong(reason, "--output %s: labels and line names have at most %d bytes", name, GPIO_LABEL_SIZE - 1);
  }
  int64_t offset = 0;
  if (cuts->offset != NULL && (!text_number(cuts->offset, &offset) || offset > LINE_OFFSET_MAX)) {
    return text_wrong(reason, "--output %s: offset \"%s\" is not a number from 0 to %d", name, cuts->offset,
                 LINE_OFFSET_MAX);
  }
  if (cuts->chip != NULL) strcpy(line->chip, cuts->chip);
  if (cuts->line != NULL) strcpy(line->line, cuts->line);
  line->offset = (uint32_t)offset;
  return 0;
}

static bool is_level(const char *text) { return strcmp(text, "high") == 0 || strcmp(text, "low") == 0; }

static int read_levels(struct output_options *output, const struct output_text *cuts, char reason[REASON_SIZE]) {
  const char *name = cuts->name;
  if (cuts->active == NULL || !is_level(cuts->active)) {
    return text_wrong(reason, "--output %s: active=high or active=low is needed", name);
  }
  if (cuts->safe == NULL || !is_level(cuts->safe)) {
    return text_wrong(reason, "--output %s: safe=high or safe=low is needed", name);
  }
  if (strcmp(cuts->active, cuts->safe) == 0) {
    return text_wrong(reason, "--output %s: active and safe are both %s: at rest it would be on", name, cuts->safe);
  }
  if (cuts->longest == NULL || !text_number(cuts->longest, &output->longest_ms) ||
      output->longest_ms < 1 || output->longest_ms > PINS_ON_MS_MAX) {
    return text_wrong(reason, "--output %s: longest=MS from 1 to %d is needed", name, PINS_ON_MS_MAX);
  }
  output->line.active_low = strcmp(cuts->active, "low") == 0;
  return 0;
}

static bool same_pin(const struct gpio_line *a, const struct gpio_line *b) {
  return strcmp(a->chip, b->chip) == 0 && strcmp(a->line, b->line) == 0 && a->offset == b->offset;
}

static int add_output(struct options *options, const char *whole, char reason[REASON_SIZE]) {
  char text[OUTPUT_TEXT_SIZE];
  struct output_text cuts = {0};
  if (options->output_count == PINS_OUTPUTS_MAX) {
    return text_wrong(reason, "--output: at most %d outputs", PINS_OUTPUTS_MAX);
  }
  if (strlen(whole) >= sizeof text) return text_wrong(reason, "--output: at most %d bytes", OUTPUT_TEXT_SIZE - 1);
  strcpy(text, whole);
  if (cut(&cuts, text, whole, reason) < 0) return -1;
  if (!text_is_name(cuts.name)) {
    return text_wrong(reason, "--output %s: a name has 1 to %d of 0-9 a-z A-Z _ -", whole, PINS_NAME_BYTES_MAX);
  }
  struct output_options *output = &options->outputs[options->output_count];
  strcpy(output->line.output, cuts.name);
  if (read_pin(&output->line, &cuts, reason) < 0 || read_levels(output, &cuts, reason) < 0) return -1;
  for (size_t i = 0; i < options->output_count; i++) {
    const struct gpio_line *other = &options->outputs[i].line;
    if (strcmp(other->output, cuts.name) == 0) {
      return text_wrong(reason, "--output %s: this name is given twice", cuts.name);
    }
    if (same_pin(other, &output->line)) {
      return text_wrong(reason, "--output %s: output %s has the same pin", cuts.name, other->output);
    }
  }
  options->output_count++;
  return 0;
}

static int set_socket(struct options *options, const char *path, char reason[REASON_SIZE]) {
  if (options->socket_path != NULL) return text_wrong(reason, "--socket is given twice");
  if (*path == '\0') return text_wrong(reason, "--socket: the path is empty");
  if (strlen(path) >= sizeof((struct sockaddr_un *)NULL)->sun_path) {
    return text_wrong(reason, "--socket: a path has at most %zu bytes",
                      sizeof((struct sockaddr_un *)NULL)->sun_path - 1);
  }
  options->socket_path = path;
  return 0;
}

static int take_value(struct options *options, const char *name, const char *value, char reason[REASON_SIZE]) {
  if (strcmp(name, "--socket") == 0) return set_socket(options, value, reason);
  if (strcmp(name, "--output") == 0) return add_output(options, value, reason);
  switch (gpio_option(name, value, reason)) {
    case GPIO_OPTION_TAKEN:
      return 0;
    case GPIO_OPTION_BAD:
      return -1;
    case GPIO_OPTION_UNKNOWN:
      break;
  }
  return text_wrong(reason, "%s: unknown option; --help lists them", name);
}

int options_read(struct options *options, int argc, char *const argv[], char reason[REASON_SIZE]) {
  *options = (struct options){.action = ACTION_RUN};
  for (int i = 1; i < argc; i++) {
    const char *name = argv[i];
    if (strcmp(name, "--help") == 0 || strcmp(name, "--version") == 0) {
      options->action = name[2] == 'h' ? ACTION_HELP : ACTION_VERSION;
      return 0;
    }
    if (strcmp(name, "--check") == 0) {
      options->action = ACTION_CHECK;
      continue;
    }
    if (i + 1 == argc) return text_wrong(reason, "%s: unknown option, or one without its value", name);
    if (take_value(options, name, argv[++i], reason) < 0) return -1;
  }
  if (options->socket_path == NULL) return text_wrong(reason, "--socket PATH is needed");
  if (options->output_count == 0) return text_wrong(reason, "--output is needed, at least once");
  return 0;
}
