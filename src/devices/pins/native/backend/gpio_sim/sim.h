/* Lines in memory, and the socket that drives them. */
#ifndef PINS_SIM_H
#define PINS_SIM_H

#include "../../gpio.h"

/* Listens at `path`; 0, or -1 with errno. */
int drive_listen(const char *path);

/* Carries out one line of the drive socket; 0, or -1 with `reason` as "code: text". `line` is overwritten. */
int sim_drive(char *line, char reason[REASON_SIZE]);

/* Adds NAME,on|off|claim,COUNT; 0, or -1 with `reason`. */
int sim_add_fault(const char *text, char reason[REASON_SIZE]);

#endif
