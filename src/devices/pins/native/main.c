/*
 * blockmesh-pins: the one owner of every line that blockmesh uses. PROTOCOL.md describes what it says and does.
 *
 * Exit codes: 0 stopped by a signal, every output safe; 1 failed while running; 2 wrong options; 3 another process
 * answers at the socket; 4 a line was not found or could not be claimed.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "board.h"
#include "gpio.h"
#include "options.h"
#include "outputs.h"
#include "requests.h"
#include "server.h"

#ifndef PINS_VERSION
#define PINS_VERSION "unversioned"
#endif

enum { EXIT_RUN_FAILED = 1, EXIT_OPTIONS = 2, EXIT_SOCKET = 3, EXIT_CLAIM = 4 };

static volatile sig_atomic_t stop;

static void on_signal(int number) {
  (void)number;
  stop = 1;
}

/* Signals are taken only while the loop sleeps, so that none is lost between a check and a sleep. */
static void take_signals(sigset_t *waiting_mask) {
  const int stopping[] = {SIGTERM, SIGINT, SIGHUP};
  sigset_t blocked;
  sigemptyset(&blocked);
  sigprocmask(SIG_SETMASK, NULL, waiting_mask);
  for (size_t i = 0; i < sizeof stopping / sizeof stopping[0]; i++) {
    const struct sigaction action = {.sa_handler = on_signal};
    sigaction(stopping[i], &action, NULL);
    sigaddset(&blocked, stopping[i]);
    sigdelset(waiting_mask, stopping[i]);
  }
  sigprocmask(SIG_BLOCK, &blocked, NULL);
  signal(SIGPIPE, SIG_IGN);
}

static int fail(int code, const char *reason) {
  fprintf(stderr, "blockmesh-pins: %s\n", reason);
  return code;
}

static int set_epoch(const char *options_path) {
  static char epoch[17];
  unsigned char bytes[8];
  if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) return -1;
  for (size_t i = 0; i < sizeof bytes; i++) snprintf(epoch + 2 * i, 3, "%02x", bytes[i]);
  requests_init(epoch, options_path);
  return 0;
}

static int run(const struct options *options) {
  char reason[REASON_SIZE];
  size_t added, removed;
  sigset_t waiting_mask;
  take_signals(&waiting_mask);
  if (set_epoch(options->file_path) < 0) return fail(EXIT_RUN_FAILED, "no_randomness: getrandom failed");
  switch (server_probe(options->socket_path, reason)) {
    case SOCKET_IN_USE:
    case SOCKET_BLOCKED:
      return fail(EXIT_SOCKET, reason);
    case SOCKET_FREE:
      break;
  }
  /* Safe levels come first, and the claim is what keeps a second process out: the socket follows. */
  if (gpio_start(reason) < 0) return fail(EXIT_RUN_FAILED, reason);
  if (board_change(&options->declared, &added, &removed, reason) != BOARD_CHANGED) return fail(EXIT_CLAIM, reason);
  if (server_listen(options->socket_path, reason) < 0) return fail(EXIT_RUN_FAILED, reason);
  printf("ready %s\n", options->socket_path);
  fflush(stdout);
  if (server_run(&stop, &waiting_mask, reason) < 0) return fail(EXIT_RUN_FAILED, reason);
  return EXIT_SUCCESS;
}

int main(int argc, char *argv[]) {
  static struct options options;
  char reason[REASON_SIZE];
  if (options_read(&options, argc, argv, reason) < 0) return fail(EXIT_OPTIONS, reason);
  switch (options.action) {
    case ACTION_HELP:
      printf("%s%s", options_usage, gpio_usage);
      return EXIT_SUCCESS;
    case ACTION_VERSION:
      printf("blockmesh-pins %s protocol 2\n", PINS_VERSION);
      return EXIT_SUCCESS;
    case ACTION_CHECK:
      return EXIT_SUCCESS;
    case ACTION_RUN:
      return run(&options);
  }
  return EXIT_RUN_FAILED;
}
