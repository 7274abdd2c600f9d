/* Lines in memory, for tests: every pin exists, levels can be traced to a file and faults can be ordered. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../clock.h"
#include "sim.h"

#define FAULTS_MAX 64
#define PULSE_US 1000
#define FRAME_BITS_MAX 256
#define COUNT_MAX 1000000
#define PIPE_BYTES 8192

const char gpio_usage[] =
    "\n"
    "simulated lines:\n"
    "  --trace FILE      append \"NS OUTPUT high|low\" for the level at the claim and for every change\n"
    "  --fault FAULT     NAME,on|off|claim,COUNT: the next COUNT tries to drive NAME so, or to claim it, fail\n"
    "  --drive PATH      Unix socket that takes \"NAME high|low\", \"NAME.d0 pulse\", \"NAME.wiegand BITS HEX\"\n";

struct line {
  bool used;
  struct declaration declaration;
  struct gpio_place places[2];
  bool active;
  int edges_out; /* a pipe stands for the kernel's buffer: what does not fit is lost */
  int edges_in;
  uint32_t seq;
  uint32_t line_seqs[2];
  int64_t last_ns;
  unsigned losing; /* so many of the next edges count, but are not told */
};

struct fault {
  char name[PINS_NAME_BYTES_MAX + 1];
  char what[6];
  unsigned count;
};

static struct line lines[GPIO_HANDLES_MAX];
static struct fault faults[FAULTS_MAX];
static size_t fault_count;
static const char *trace_path, *drive_path;
static int trace = -1;

int sim_add_fault(const char *text, char reason[REASON_SIZE]) {
  struct fault fault = {0};
  char rest;
  if (sscanf(text, "%32[^,],%5[^,],%4u%c", fault.name, fault.what, &fault.count, &rest) != 3 ||
      (strcmp(fault.what, "on") != 0 && strcmp(fault.what, "off") != 0 && strcmp(fault.what, "claim") != 0)) {
    return text_wrong(reason, "--fault %.64s: expected NAME,on|off|claim,COUNT", text);
  }
  for (size_t i = 0; i < fault_count; i++) {
    if (strcmp(faults[i].what, fault.what) != 0 || strcmp(faults[i].name, fault.name) != 0) continue;
    faults[i].count += fault.count;
    return 0;
  }
  if (fault_count == FAULTS_MAX) return text_wrong(reason, "--fault %.64s: at most %d faults", text, FAULTS_MAX);
  faults[fault_count++] = fault;
  return 0;
}

static bool is_faulty(const char *name, const char *what) {
  for (size_t i = 0; i < fault_count; i++) {
    struct fault *fault = &faults[i];
    if (fault->count == 0 || strcmp(fault->what, what) != 0 || strcmp(fault->name, name) != 0) continue;
    fault->count--;
    errno = EIO;
    return true;
  }
  return false;
}

enum gpio_option_result gpio_option(const char *name, const char *value, char reason[REASON_SIZE]) {
  if (strcmp(name, "--fault") == 0) return sim_add_fault(value, reason) < 0 ? GPIO_OPTION_BAD : GPIO_OPTION_TAKEN;
  if (strcmp(name, "--trace") == 0) trace_path = value;
  else if (strcmp(name, "--drive") == 0) drive_path = value;
  else return GPIO_OPTION_UNKNOWN;
  return GPIO_OPTION_TAKEN;
}

int gpio_start(char reason[REASON_SIZE]) {
  if (trace_path != NULL) {
    trace = open(trace_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (trace < 0) return text_wrong(reason, "trace_failed: %s: %s", trace_path, strerror(errno));
  }
  if (drive_path == NULL || drive_listen(drive_path) == 0) return 0;
  return text_wrong(reason, "drive_failed: %s: %s", drive_path, strerror(errno));
}

int gpio_open(char reason[REASON_SIZE]) {
  (void)reason;
  return 0;
}

void gpio_close(void) {}

/* A pin is what its words say: FNV-1a of them stands for the chip. */
int gpio_find(const struct declaration *declaration, struct gpio_place places[2], char reason[REASON_SIZE]) {
  (void)reason;
  for (size_t i = 0; i < declared_pins(declaration); i++) {
    const struct pin *pin = &declaration->pins[i];
    char words[sizeof pin->chip + sizeof pin->line];
    uint64_t hash = 0xcbf29ce484222325;
    snprintf(words, sizeof words, "%s,%s", pin->chip, pin->line);
    for (const char *byte = words; *byte != '\0'; byte++) hash = (hash ^ (unsigned char)*byte) * 0x100000001b3;
    places[i] = (struct gpio_place){.chip = hash, .offset = pin->offset};
  }
  return 0;
}

static void trace_level(const struct line *line) {
  if (trace < 0) return;
  const char *level = line->active != line->declaration.active_low ? "high" : "low";
  if (dprintf(trace, "%" PRId64 " %s %s\n", clock_ns(), line->declaration.name, level) < 0) abort();
}

/* A line has one owner, as with the kernel. */
static bool is_taken(const struct gpio_place *place) {
  for (size_t i = 0; i < GPIO_HANDLES_MAX; i++) {
    for (size_t j = 0; lines[i].used && j < declared_pins(&lines[i].declaration); j++) {
      const struct gpio_place *taken = &lines[i].places[j];
      if (taken->chip == place->chip && taken->offset == place->offset) return true;
    }
  }
  return false;
}

int gpio_claim(const struct declaration *declaration, const struct gpio_place places[2], bool active,
               char reason[REASON_SIZE]) {
  int handle = 0, ends[2] = {-1, -1};
  if (is_faulty(declaration->name, "claim")) {
    return text_wrong(reason, "line_busy: %s: a fault was ordered for this line", declaration->name);
  }
  for (size_t i = 0; i < declared_pins(declaration); i++) {
    if (is_taken(&places[i])) return text_wrong(reason, "line_busy: %s: its line is claimed", declaration->name);
  }
  while (handle < GPIO_HANDLES_MAX && lines[handle].used) handle++;
  if (handle == GPIO_HANDLES_MAX) return text_wrong(reason, "claim_failed: no handle is left");
  const bool watched = declaration->kind != DECLARED_OUTPUT;
  if (watched && (pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0 || fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES) < 0)) {
    return text_wrong(reason, "claim_failed: %s: %s", declaration->name, strerror(errno));
  }
  if (declaration->kind == DECLARED_INPUT) active = (declaration->bias == BIAS_PULL_UP) != declaration->active_low;
  lines[handle] = (struct line){.used = true,
                                .declaration = *declaration,
                                .places = {places[0], places[1]},
                                .active = active,
                                .edges_out = ends[0],
                                .edges_in = ends[1]};
  if (!watched) trace_level(&lines[handle]);
  return handle;
}

void gpio_release(int handle) {
  struct line *line = &lines[handle];
  if (line->edges_out >= 0) close(line->edges_out);
  if (line->edges_in >= 0) close(line->edges_in);
  line->used = false;
}

int gpio_set(int handle, bool active) {
  if (handle < 0) {
    errno = EBADF;
    return -1;
  }
  struct line *line = &lines[handle];
  if (is_faulty(line->declaration.name, active ? "on" : "off")) return -1;
  if (line->active == active) return 0;
  line->active = active;
  trace_level(line);
  return 0;
}

int gpio_get(int handle, bool *active) {
  if (handle >= 0) *active = lines[handle].active;
  return handle < 0 ? -1 : 0;
}

int gpio_edge_fd(int handle) { return lines[handle].edges_out; }

int gpio_read_edges(int handle, struct gpio_edge edges[], size_t max) {
  const ssize_t size = read(lines[handle].edges_out, edges, max * sizeof edges[0]);
  return size < 0 ? -1 : (int)((size_t)size / sizeof edges[0]);
}

static void add_edge(struct line *line, bool one, int64_t ns) {
  line->last_ns = ns;
  const struct gpio_edge edge = {
      .ns = ns, .seq = ++line->seq, .line_seq = ++line->line_seqs[one], .one = one, .active = line->active};
  if (line->losing > 0) line->losing--;
  else (void)!write(line->edges_in, &edge, sizeof edge);
}

static int refuse(char reason[REASON_SIZE]) {
  return text_wrong(reason, "bad_request: expected NAME high|low, NAME.d0|.d1 pulse [US], NAME.wiegand BITS HEX [US], "
                            "NAME.lose COUNT or fault FAULT");
}

static bool read_count(const char *text, int64_t *count) { return text_number(text, count) && *count <= COUNT_MAX; }

/* Without `after`: now, or PULSE_US after the edge before where that is later. */
static int drive_pulse(struct line *line, bool one, const char *after, char reason[REASON_SIZE]) {
  int64_t us = PULSE_US;
  if (after != NULL && !read_count(after, &us)) return refuse(reason);
  const int64_t now = clock_ns(), next = line->last_ns + us * 1000;
  const bool relative = after != NULL && line->last_ns > 0;
  add_edge(line, one, relative || next > now ? next : now);
  return 0;
}

/* Stamped as if it had come at this pace until now, but not before the gap after the frame before is over. */
static int drive_frame(struct line *line, const char *count, const char *hex, const char *pace, char reason[REASON_SIZE]) {
  int64_t bits, us = PULSE_US;
  if (!read_count(count, &bits) || bits < 1 || bits > FRAME_BITS_MAX || (pace != NULL && !read_count(pace, &us)) ||
      strlen(hex) != (size_t)(bits + 3) / 4 || strspn(hex, "0123456789abcdef") != strlen(hex)) {
    return refuse(reason);
  }
  const int64_t padding = 4 * (int64_t)strlen(hex) - bits;
  if (strchr("0123456789abcdef", hex[0]) - "0123456789abcdef" >= 16 >> padding) return refuse(reason);
  const int64_t paced = clock_ns() - us * 1000 * (bits - 1);
  const int64_t free_ns = line->last_ns + (line->declaration.gap_ms + 1) * NS_PER_MS;
  int64_t ns = paced > free_ns ? paced : free_ns;
  for (int64_t place = padding; place < padding + bits; place++) {
    const char digit[] = {hex[place / 4], '\0'};
    add_edge(line, (strtoul(digit, NULL, 16) >> (3 - place % 4)) & 1, ns);
    ns += us * 1000;
  }
  return 0;
}

static struct line *find(const char *name, enum declared_kind kind) {
  for (size_t i = 0; i < GPIO_HANDLES_MAX; i++) {
    const struct declaration *declaration = &lines[i].declaration;
    if (lines[i].used && declaration->kind == kind && strcmp(declaration->name, name) == 0) return &lines[i];
  }
  return NULL;
}

static int drive_input(const char *name, const char *level, char reason[REASON_SIZE]) {
  struct line *line = find(name, DECLARED_INPUT);
  if (strcmp(level, "high") != 0 && strcmp(level, "low") != 0) return refuse(reason);
  if (line == NULL) return text_wrong(reason, "unknown_line: no input %.32s", name);
  const bool active = (strcmp(level, "high") == 0) != line->declaration.active_low;
  if (line->active == active) return 0;
  line->active = active;
  add_edge(line, false, clock_ns());
  return 0;
}

int sim_drive(char *text, char reason[REASON_SIZE]) {
  char *words[4] = {NULL};
  size_t count = 0;
  for (char *rest = text; rest != NULL && count < 4; count++) words[count] = strsep(&rest, " ");
  if (count < 2 || count > 4) return refuse(reason);
  if (strcmp(words[0], "fault") == 0) {
    return sim_add_fault(words[1], reason) < 0 ? text_wrong(reason, "bad_pins_option: bad fault") : 0;
  }
  char *part = strchr(words[0], '.');
  if (part == NULL) return count == 2 ? drive_input(words[0], words[1], reason) : refuse(reason);
  *part++ = '\0';
  struct line *line = find(words[0], DECLARED_WIEGAND);
  if (line == NULL) return text_wrong(reason, "unknown_line: no Wiegand reader %.32s", words[0]);
  if ((strcmp(part, "d0") == 0 || strcmp(part, "d1") == 0) && strcmp(words[1], "pulse") == 0 && count <= 3) {
    return drive_pulse(line, part[1] == '1', words[2], reason);
  }
  if (strcmp(part, "wiegand") == 0 && count >= 3) return drive_frame(line, words[1], words[2], words[3], reason);
  int64_t losing;
  if (strcmp(part, "lose") != 0 || count != 2 || !read_count(words[1], &losing)) return refuse(reason);
  line->losing = (unsigned)losing;
  return 0;
}
