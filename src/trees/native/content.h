/* The bytes of a file, told as they are read. */
#ifndef TREES_CONTENT_H
#define TREES_CONTENT_H

/* Answers with an error number. */
void tell_failure(int code);

/* Tells the content of one file of the innermost directory. */
void tell_content(const char *name);

#endif
