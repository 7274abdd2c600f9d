/* Takes away all that is in a directory. */
#ifndef TREES_WIPE_H
#define TREES_WIPE_H

/* Follows no link. 0, or an error number. */
int wipe(int fd);

#endif
