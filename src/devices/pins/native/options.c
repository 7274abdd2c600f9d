#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "gpio.h"

const char options_usage[] =
    "usage: blockmesh-pins --socket PATH --output OUTPUT ... --input INPUT ... --wiegand READER ... [--check]\n"
    "       blockmesh-pins --socket PATH --options FILE [--check]\n"
    "\n"
    "  --socket PATH     Unix socket to listen on, mode 0660\n"
    "  --output OUTPUT   NAME,active=LEVEL,safe=LEVEL,longest=MS and the pin, one of\n"
    "                      line=LINE_NAME                the only line of this name on any chip\n"
    "                      chip=LABEL,line=LINE_NAME     on the chip with this label\n"
    "                      chip=LABEL,offset=NUMBER      a line's place on the chip with this label\n"
    "                    LEVEL is high or low, and safe is never active; longest is the longest time on\n"
    "  --input INPUT     NAME,active=LEVEL,bias=BIAS and the pin; also debounce=MS\n"
    "                    BIAS is pull-up, pull-down or none\n"
    "  --wiegand READER  NAME,d0=LINE_NAME,d1=LINE_NAME, or NAME,chip=LABEL,d0_offset=NUMBER,d1_offset=NUMBER;\n"
    "                    also gap=MS, the silence that ends a frame\n"
    "  --options FILE    one --output, --input or --wiegand a line, read anew when a client says reload\n"
    "  --check           check the options, claim nothing: exit 0, or 2 with the reason\n"
    "  --help            this text\n"
    "  --version         version and protocol\n";

static int set_path(const char **place, const char *option, const char *path, size_t max, char reason[REASON_SIZE]) {
  if (*place != NULL) return text_wrong(reason, "%s is given twice", option);
  if (*path == '\0') return text_wrong(reason, "%s: the path is empty", option);
  if (strlen(path) > max) return text_wrong(reason, "%s: a path has at most %zu bytes", option, max);
  *place = path;
  return 0;
}

static int take_value(struct options *options, const char *name, const char *value, char reason[REASON_SIZE]) {
  const size_t socket_max = sizeof((struct sockaddr_un *)NULL)->sun_path - 1;
  if (strcmp(name, "--socket") == 0) return set_path(&options->socket_path, name, value, socket_max, reason);
  if (strcmp(name, "--options") == 0) return set_path(&options->file_path, name, value, SIZE_MAX, reason);
  const int added = declared_add(&options->declared, name, value, reason);
  if (added != 0) return added < 0 ? -1 : 0;
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
  const bool declares = options->declared.count > 0;
  if (options->socket_path == NULL) return text_wrong(reason, "--socket PATH is needed");
  if (options->file_path == NULL && !declares) {
    return text_wrong(reason, "--output is needed, or --input or --wiegand, at least once; or --options FILE");
  }
  if (options->file_path == NULL) return 0;
  if (declares) return text_wrong(reason, "--options: the file declares every line, so none is declared beside it");
  return options_read_file(&options->declared, options->file_path, reason);
}

/* The whole file, ended by NUL; its length, or -1 with `reason`. */
static ssize_t read_whole(const char *path, char text[PINS_OPTIONS_BYTES_MAX + 2], char reason[REASON_SIZE]) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return text_wrong(reason, "%s: %s", path, strerror(errno));
  size_t length = 0;
  ssize_t got = 1;
  while (got > 0 && length <= PINS_OPTIONS_BYTES_MAX) {
    got = read(fd, text + length, PINS_OPTIONS_BYTES_MAX + 1 - length);
    if (got > 0) length += (size_t)got;
  }
  const int problem = errno;
  close(fd);
  if (got < 0) return text_wrong(reason, "%s: %s", path, strerror(problem));
  if (length > PINS_OPTIONS_BYTES_MAX) return text_wrong(reason, "%s: over %d bytes", path, PINS_OPTIONS_BYTES_MAX);
  text[length] = '\0';
  if (strlen(text) != length) return text_wrong(reason, "%s: a byte of it is 0", path);
  return (ssize_t)length;
}

int options_read_file(struct declared *declared, const char *path, char reason[REASON_SIZE]) {
  static char text[PINS_OPTIONS_BYTES_MAX + 2];
  char why[REASON_SIZE];
  *declared = (struct declared){0};
  if (read_whole(path, text, reason) < 0) return -1;
  char *rest = text;
  for (unsigned number = 1; rest != NULL; number++) {
    char *option = strsep(&rest, "\n");
    if (*option == '\0' || *option == '#') continue;
    char *value = strchr(option, ' ');
    if (value != NULL) *value++ = '\0';
    const int added = value == NULL ? 0 : declared_add(declared, option, value, why);
    if (added > 0) continue;
    if (added == 0) {
      (void)text_wrong(why, "%.64s: expected --output, --input or --wiegand and its value", option);
    }
    return text_wrong(reason, "%.200s line %u: %.280s", path, number, why);
  }
  return 0;
}
