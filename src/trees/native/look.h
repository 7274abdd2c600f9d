/* What a file is, as it is told. */
#ifndef TREES_LOOK_H
#define TREES_LOOK_H

#include <sys/stat.h>

#include "attributes.h"

/* What an entry is told with, after its name; TREES.md has the fields. */
void put_entry(const char *name, struct subject subject, const struct stat *status);
/* Entries of files of up to so many bytes have their content with them, from now on. */
void tell_contents_to(size_t bytes_max);
/* A name of which the kernel says nothing but an error number. */
void put_lost_entry(const char *name, int code);
/* By what a change is noticed: device, inode, length, and the times of content and entry. */
void put_look(const struct stat *status);

/* Opens what stands in the innermost directory to be read, unless it is a link; waits for nobody. -1 and errno. */
int open_to_read(const char *name);

/* Whether a file may have holes; only then is it asked of. */
bool may_have_holes(const struct stat *status);

#endif
