/* The bytes of a file, told as they are read. */
#ifndef TREES_CONTENT_H
#define TREES_CONTENT_H

/* Answers with an error number. */
void tell_failure(int code);

/* Tells the content of one file of the innermost directory. */
void tell_content(const char *name);

/* Answers with the number of a file that is held open, which the other side reaches by /proc. */
void tell_fd(int fd);

/*
 * As tell_content, but a large file is not read: its number is told. Returns that, for the caller to close once the other
 * side has read it; -1 when all was told.
 */
int lend_content(const char *name);

#endif
