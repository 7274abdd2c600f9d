/* Extended attributes, those that say what a file is for people: not the labels that a machine's own policy puts on it. */
#ifndef TREES_ATTRIBUTES_H
#define TREES_ATTRIBUTES_H

#include <stdbool.h>

#include "frames.h"

/* Something that has attributes: an open file, or else, by `name`, what stands in the innermost directory. */
struct subject {
  int fd; /* or -1 */
  const char *name;
};

/* Puts their number in two bytes, and of each name and value. False: some could not be read, and none is put. */
bool put_attributes(struct subject subject);

#endif
