/*
 * blockmesh-evdev: takes one keyboard away from everybody else and says which keys are pressed. PROTOCOL.md describes
 * what it says. A program of its own, because Node has no ioctl and badges must never reach a console.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/input.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_LOST = 1, EXIT_USAGE = 2, EXIT_OPEN = 3, EXIT_GRAB = 4 };
enum { NAME_SIZE = 128, EVENTS_AT_ONCE = 64, BITS_A_BYTE = 8 };

static const char usage[] =
    "usage: blockmesh-evdev PATH\n\n"
    "Takes the keyboard at PATH, such as /dev/input/by-id/..., away from consoles and says each key on standard output\n"
    "until standard input ends. Started by blockmesh for a reader with driver = \"keyboard\".\n";

static int fail(int code, const char *what, const char *text) {
  fprintf(stderr, "blockmesh-evdev: %s: %s\n", what, text);
  return code;
}

static bool has_key(const unsigned char *keys, unsigned code) {
  return keys[code / BITS_A_BYTE] & (1U << code % BITS_A_BYTE);
}

/* Digits and Enter, of the main block or of the keypad: the least that a reader types. */
static bool is_keyboard(int fd) {
  unsigned char keys[KEY_MAX / BITS_A_BYTE + 1] = {0};
  if (ioctl(fd, EVIOCGBIT(EV_KEY, sizeof keys), keys) < 0) return false;
  return (has_key(keys, KEY_0) && has_key(keys, KEY_ENTER)) || (has_key(keys, KEY_KP0) && has_key(keys, KEY_KPENTER));
}

/* Opens and grabs; what was typed before it was ours is thrown away. Returns an exit code, or 0. */
static int take(const char *path, int *fd, char name[NAME_SIZE]) {
  struct stat status;
  struct input_event thrown[EVENTS_AT_ONCE];
  int clock = CLOCK_MONOTONIC;
  *fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (*fd < 0) return fail(EXIT_OPEN, "open_failed", strerror(errno));
  if (fstat(*fd, &status) < 0 || !S_ISCHR(status.st_mode) || !is_keyboard(*fd)) {
    return fail(EXIT_OPEN, "not_a_keyboard", "it has no digits and no Enter");
  }
  if (ioctl(*fd, EVIOCGRAB, 1) < 0) return fail(EXIT_GRAB, "not_grabbed", strerror(errno));
  if (ioctl(*fd, EVIOCSCLOCKID, &clock) < 0) return fail(EXIT_OPEN, "open_failed", strerror(errno));
  while (read(*fd, thrown, sizeof thrown) > 0) continue;
  if (ioctl(*fd, EVIOCGNAME(NAME_SIZE), name) < 0) strcpy(name, "keyboard");
  name[NAME_SIZE - 1] = '\0';
  for (char *at = name; *at != '\0'; at++) {
    if (*at < ' ' || *at > '~') *at = '?';
  }
  return 0;
}

static int64_t ns_of(const struct input_event *event) {
  return (int64_t)event->input_event_sec * 1000000000 + (int64_t)event->input_event_usec * 1000;
}

static void say(const struct input_event *event, bool *is_losing) {
  static const char *const changes[] = {"up", "down", "repeat"};
  if (event->type == EV_SYN && event->code == SYN_DROPPED) {
    *is_losing = true;
    printf("lost %" PRId64 "\n", ns_of(event));
  } else if (event->type == EV_SYN && event->code == SYN_REPORT) {
    *is_losing = false;
  } else if (event->type == EV_KEY && !*is_losing && event->value >= 0 && event->value <= 2) {
    printf("key %u %s %" PRId64 "\n", event->code, changes[event->value], ns_of(event));
  }
}

/* What waits of the keyboard; an exit code, or 0. */
static int hear(int fd, bool *is_losing) {
  struct input_event events[EVENTS_AT_ONCE];
  const ssize_t length = read(fd, events, sizeof events);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  if (length <= 0) return fail(EXIT_LOST, "lost", length < 0 ? strerror(errno) : "it ended");
  for (size_t i = 0; i < (size_t)length / sizeof events[0]; i++) say(&events[i], is_losing);
  return fflush(stdout) == 0 ? 0 : EXIT_LOST;
}

static int run(int fd) {
  bool is_losing = false;
  struct pollfd polled[] = {{.fd = fd, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
  for (;;) {
    if (poll(polled, 2, -1) < 0 && errno != EINTR) return fail(EXIT_LOST, "lost", strerror(errno));
    if (polled[1].revents != 0) {
      char ignored[64];
      if (read(STDIN_FILENO, ignored, sizeof ignored) <= 0) return EXIT_SUCCESS;
    }
    if (polled[0].revents == 0) continue;
    const int code = hear(fd, &is_losing);
    if (code != 0) return code;
  }
}

int main(int argc, char *argv[]) {
  int fd;
  char name[NAME_SIZE] = "";
  if (argc == 2 && strcmp(argv[1], "--help") == 0) return fputs(usage, stdout) < 0;
  if (argc != 2) return fail(EXIT_USAGE, "usage", "expected one PATH; --help says more");
  /* Whoever started us holds our standard input open; should it be killed in the midst of a start, this tells too. */
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  const int code = take(argv[1], &fd, name);
  if (code != 0) return code;
  printf("ready %s\n", name);
  fflush(stdout);
  return run(fd);
}
