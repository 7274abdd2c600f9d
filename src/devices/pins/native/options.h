/* The command line: checked in full before anything is opened. */
#ifndef PINS_OPTIONS_H
#define PINS_OPTIONS_H

#include "outputs.h"

enum options_action { ACTION_RUN, ACTION_CHECK, ACTION_HELP, ACTION_VERSION };

struct options {
  enum options_action action;
  const char *socket_path;
  struct output_options outputs[PINS_OUTPUTS_MAX];
  size_t output_count;
};

/* Returns 0, or -1 with `reason` naming the option and what is wrong with it. */
int options_read(struct options *options, int argc, char *const argv[], char reason[REASON_SIZE]);

extern const char options_usage[];

#endif
