/* The requests by which a tree is written. */
#ifndef TREES_WRITE_H
#define TREES_WRITE_H

#include "frames.h"

/* False: it is no request of these. */
bool serve_write(struct request *request);

#endif
