#include "board.h"

#include <errno.h>
#include <string.h>

#include "gpio.h"
#include "inputs.h"
#include "outputs.h"
#include "readers.h"

struct claim {
  struct declaration declaration;
  struct gpio_place places[2];
  int handle;      /* -1: none of its own */
  uint64_t serial; /* of the claim */
};

/* What a change makes of each of the new declarations, and of each of the old ones. */
enum way { WAY_KEPT, WAY_FRESH, WAY_ADOPTED, WAY_EXCHANGED };
enum going { GOING_NOT, GOING_FREE, GOING_ADOPTED, GOING_BLOCKING };

struct plan {
  struct claim claims[DECLARED_MAX];
  size_t count;
  enum way ways[DECLARED_MAX];
  enum going going[DECLARED_MAX]; /* of the old claims */
};

static struct claim owned[DECLARED_MAX];
static size_t owned_count;
static uint64_t last_serial;

static bool overlap(const struct claim *one, const struct claim *other) {
  for (size_t i = 0; i < declared_pins(&one->declaration); i++) {
    for (size_t j = 0; j < declared_pins(&other->declaration); j++) {
      const struct gpio_place *a = &one->places[i], *b = &other->places[j];
      if (a->chip == b->chip && a->offset == b->offset) return true;
    }
  }
  return false;
}

static int refuse_twice(const struct plan *plan, char reason[REASON_SIZE]) {
  for (size_t i = 0; i < plan->count; i++) {
    const struct claim *one = &plan->claims[i];
    const char *name = one->declaration.name;
    const struct gpio_place *d0 = &one->places[0], *d1 = &one->places[1];
    if (one->declaration.kind == DECLARED_WIEGAND && d0->chip == d1->chip && d0->offset == d1->offset) {
      return text_wrong(reason, "line_twice: both lines of %s are the same line", name);
    }
    for (size_t j = 0; j < i; j++) {
      if (!overlap(&plan->claims[j], one)) continue;
      return text_wrong(reason, "line_twice: %s and %s are the same line", plan->claims[j].declaration.name, name);
    }
  }
  return 0;
}

/* What is to become of the lines that old claims hold and `one` wants. */
static enum way decide(struct plan *plan, struct claim *one) {
  enum way way = WAY_FRESH;
  for (size_t i = 0; i < owned_count; i++) {
    const struct declaration *old = &owned[i].declaration;
    if (plan->going[i] == GOING_NOT || !overlap(&owned[i], one)) continue;
    if (old->kind == DECLARED_OUTPUT && one->declaration.kind == DECLARED_OUTPUT &&
        old->active_low == one->declaration.active_low) {
      plan->going[i] = GOING_ADOPTED;
      one->handle = owned[i].handle;
      return WAY_ADOPTED;
    }
    plan->going[i] = GOING_BLOCKING;
    way = WAY_EXCHANGED;
  }
  return way;
}

static int make_plan(struct plan *plan, const struct declared *declared, char reason[REASON_SIZE]) {
  plan->count = declared->count;
  for (size_t i = 0; i < owned_count; i++) plan->going[i] = GOING_FREE;
  for (size_t i = 0; i < declared->count; i++) {
    struct claim *claim = &plan->claims[i];
    *claim = (struct claim){.declaration = declared->all[i], .handle = -1};
    plan->ways[i] = WAY_FRESH;
    for (size_t j = 0; j < owned_count && plan->ways[i] == WAY_FRESH; j++) {
      if (!declaration_same(&owned[j].declaration, &declared->all[i])) continue;
      *claim = owned[j];
      plan->ways[i] = WAY_KEPT;
      plan->going[j] = GOING_NOT;
    }
    if (plan->ways[i] == WAY_FRESH && gpio_find(&claim->declaration, claim->places, reason) < 0) return -1;
  }
  if (refuse_twice(plan, reason) < 0) return -1;
  for (size_t i = 0; i < plan->count; i++) {
    if (plan->ways[i] == WAY_FRESH) plan->ways[i] = decide(plan, &plan->claims[i]);
  }
  return 0;
}

static void release_all(struct plan *plan, enum way way) {
  for (size_t i = 0; i < plan->count; i++) {
    if (plan->ways[i] != way || plan->claims[i].handle < 0) continue;
    gpio_release(plan->claims[i].handle);
    plan->claims[i].handle = -1;
  }
}

static int claim_one(struct claim *claim, bool active, char reason[REASON_SIZE]) {
  claim->handle = gpio_claim(&claim->declaration, claim->places, active, reason);
  claim->serial = ++last_serial;
  return claim->handle < 0 ? -1 : 0;
}

/* Claims every line that is to come this way, or none. */
static int claim_all(struct plan *plan, enum way way, char reason[REASON_SIZE]) {
  for (size_t i = 0; i < plan->count; i++) {
    struct claim *claim = &plan->claims[i];
    if (plan->ways[i] != way) continue;
    if (claim_one(claim, false, reason) == 0) continue;
    release_all(plan, way);
    return -1;
  }
  return 0;
}

/* Hands everything that is claimed to the rules of its kind. */
static void own(const struct claim claims[], size_t count) {
  owned_count = count;
  memmove(owned, claims, count * sizeof owned[0]);
  outputs_begin_change();
  inputs_begin_change();
  readers_begin_change();
  for (size_t i = 0; i < count; i++) {
    switch (owned[i].declaration.kind) {
      case DECLARED_OUTPUT:
        outputs_add(&owned[i].declaration, owned[i].handle);
        break;
      case DECLARED_INPUT:
        inputs_add(&owned[i].declaration, owned[i].handle, owned[i].serial);
        break;
      case DECLARED_WIEGAND:
        readers_add(&owned[i].declaration, owned[i].handle, owned[i].serial);
        break;
    }
  }
}

static bool is_on(const struct claim *claim) {
  return claim->declaration.kind == DECLARED_OUTPUT && outputs_on((size_t)outputs_find(claim->declaration.name));
}

/* After a failed exchange: the first `released` of the blocking claims have to be claimed as they were. */
static enum board_result restore(const struct plan *plan, size_t driven, char reason[REASON_SIZE]) {
  char why[REASON_SIZE];
  enum board_result result = BOARD_REFUSED;
  for (size_t i = 0; i < driven; i++) {
    struct claim *claim = &owned[i];
    if (plan->going[i] != GOING_BLOCKING) continue;
    if (claim->handle < 0) {
      if (claim_one(claim, is_on(claim), why) < 0) result = BOARD_LOST;
    } else if (is_on(claim) && gpio_set(claim->handle, true) < 0) {
      result = BOARD_LOST;
      (void)text_wrong(why, "line_failed: %s: %s", claim->declaration.name, strerror(errno));
    }
  }
  if (result == BOARD_LOST) {
    (void)text_wrong(reason, "board_lost: a line could not be had back after a failed reload: %.300s", why);
  } else {
    own(owned, owned_count);
  }
  return result;
}

/* Gives lines back and claims them as what they are to be; when that fails they are again what they were. */
static enum board_result exchange(struct plan *plan, char reason[REASON_SIZE]) {
  for (size_t i = 0; i < owned_count; i++) {
    struct claim *claim = &owned[i];
    if (plan->going[i] != GOING_BLOCKING) continue;
    if (claim->declaration.kind == DECLARED_OUTPUT && gpio_set(claim->handle, false) < 0) {
      (void)text_wrong(reason, "line_failed: %s: %s", claim->declaration.name, strerror(errno));
      return restore(plan, i + 1, reason);
    }
    gpio_release(claim->handle);
    claim->handle = -1;
  }
  return claim_all(plan, WAY_EXCHANGED, reason) < 0 ? restore(plan, owned_count, reason) : BOARD_CHANGED;
}

/* From here on nothing is refused any more. */
static void settle(struct plan *plan, size_t *added, size_t *removed) {
  *added = *removed = 0;
  for (size_t i = 0; i < owned_count; i++) {
    if (plan->going[i] == GOING_NOT) continue;
    if (owned[i].declaration.kind == DECLARED_OUTPUT) {
      outputs_retire(owned[i].declaration.name, plan->going[i] == GOING_BLOCKING);
    }
    if (plan->going[i] == GOING_FREE) gpio_release(owned[i].handle);
    (*removed)++;
  }
  for (size_t i = 0; i < plan->count; i++) *added += plan->ways[i] != WAY_KEPT;
  own(plan->claims, plan->count);
}

enum board_result board_change(const struct declared *declared, size_t *added, size_t *removed,
                               char reason[REASON_SIZE]) {
  static struct plan plan;
  enum board_result result = BOARD_REFUSED;
  /* A board without declarations, yet or again, needs no chips. */
  if (declared->count > 0 && gpio_open(reason) < 0) return BOARD_REFUSED;
  if (make_plan(&plan, declared, reason) == 0 && claim_all(&plan, WAY_FRESH, reason) == 0) {
    result = exchange(&plan, reason);
    if (result == BOARD_CHANGED) settle(&plan, added, removed);
    else release_all(&plan, WAY_FRESH);
  }
  gpio_close();
  return result;
}

size_t board_wanted(struct pollfd sources[BOARD_SOURCES_MAX], int64_t now_ns) {
  size_t count = 0;
  for (size_t i = 0; i < inputs_count(); i++) sources[count++] = intake_wanted(inputs_intake(i), now_ns);
  for (size_t i = 0; i < readers_count(); i++) sources[count++] = intake_wanted(readers_intake(i), now_ns);
  return count;
}

void board_serve(size_t index, bool ready, int64_t now_ns) {
  if (index < inputs_count()) inputs_serve(index, ready, now_ns);
  else readers_serve(index - inputs_count(), ready, now_ns);
}

int64_t board_due_ns(int64_t now_ns) {
  int64_t due = INT64_MAX;
  for (size_t i = 0; i < inputs_count(); i++) {
    const int64_t one = inputs_due_ns(i, now_ns);
    if (one < due) due = one;
  }
  for (size_t i = 0; i < readers_count(); i++) {
    const int64_t one = readers_due_ns(i, now_ns);
    if (one < due) due = one;
  }
  return due;
}
