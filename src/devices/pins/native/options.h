/* The command line and the options file: checked in full before anything is opened. */
#ifndef PINS_OPTIONS_H
#define PINS_OPTIONS_H

#include "declaration.h"

enum options_action { ACTION_RUN, ACTION_CHECK, ACTION_HELP, ACTION_VERSION };

struct options {
  enum options_action action;
  const char *socket_path;
  const char *file_path;    /* NULL: everything stands on the command line */
  struct declared declared; /* what the command line or the options file declares */
};

/* Returns 0, or -1 with `reason` naming the option and what is wrong with it. */
int options_read(struct options *options, int argc, char *const argv[], char reason[REASON_SIZE]);

/* Reads an options file. Returns 0, or -1 with `reason` naming the file, its line and what is wrong with it. */
int options_read_file(struct declared *declared, const char *path, char reason[REASON_SIZE]);

extern const char options_usage[];

#endif
