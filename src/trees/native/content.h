/* The bytes of a file, told as they are read. */
#ifndef TREES_CONTENT_H
#define TREES_CONTENT_H

/* Answers with an error number. */
void tell_failure(int code);

/* Tells the content of one file of the innermost directory. */
void tell_content(const char *name);

/* Asks the kernel to have a file at hand that somebody will read soon. It need not be there. */
void expect_content(const char *path);

#endif
