/* The GPIO chips of this machine, open while a change is made. */
#ifndef PINS_CHIPS_H
#define PINS_CHIPS_H

#include "../../gpio.h"

/* The descriptor of the chip of this number, or -1. */
int chips_fd(uint64_t chip);

/* Its label, for reasons. */
const char *chips_label(uint64_t chip);

#endif
