/* Every line this process owns: what is declared, what is claimed for it, and the change from one to another. */
#ifndef PINS_BOARD_H
#define PINS_BOARD_H

#include <poll.h>

#include "declaration.h"

#define BOARD_SOURCES_MAX (PINS_INPUTS_MAX + PINS_WIEGAND_MAX)

/* BOARD_REFUSED: nothing has changed. BOARD_LOST: an old line could not be had back; the process is to end. */
enum board_result { BOARD_CHANGED, BOARD_REFUSED, BOARD_LOST };

/*
 * Makes `declared` what this board owns. What is declared as before is not touched. On failure `reason` is
 * "code: text".
 */
enum board_result board_change(const struct declared *declared, size_t *added, size_t *removed,
                               char reason[REASON_SIZE]);

/* What inputs and readers wait for, at most BOARD_SOURCES_MAX; their number. */
size_t board_wanted(struct pollfd sources[BOARD_SOURCES_MAX], int64_t now_ns);

/* Serves one of those and whatever is due of it; `index` as in board_wanted. */
void board_serve(size_t index, bool ready, int64_t now_ns);

/* When an input or reader has work without an edge; INT64_MAX for never. */
int64_t board_due_ns(int64_t now_ns);

#endif
