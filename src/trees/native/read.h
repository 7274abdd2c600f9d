/* The requests by which a tree is read. */
#ifndef TREES_READ_H
#define TREES_READ_H

#include "frames.h"

/* False: it is no request of these. */
bool serve_read(struct request *request);

#endif
