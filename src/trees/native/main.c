/*
 * blockmesh-trees: reads and writes trees of files for blockmesh, with all that Node cannot see or set: names that are
 * bytes, extended attributes, times to the nanosecond, devices, holes. TREES.md describes what it hears and says.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "read.h"
#include "write.h"

enum { EXIT_USAGE = 2 };

static const char usage[] =
    "usage: blockmesh-trees read | write\n\n"
    "Reads or writes a tree of files, as it is told by frames on standard input, and answers on standard output.\n"
    "Started by blockmesh for snapshots of folders; it ends with its input.\n";

int main(int argc, char *argv[]) {
  if (argc == 2 && strcmp(argv[1], "--help") == 0) return fputs(usage, stdout) < 0;
  const bool is_read = argc == 2 && strcmp(argv[1], "read") == 0;
  if (!is_read && !(argc == 2 && strcmp(argv[1], "write") == 0)) {
    fputs("blockmesh-trees: usage: expected read or write; --help says more\n", stderr);
    return EXIT_USAGE;
  }
  // Ctrl-C on a terminal comes to all that run on it: whoever started us ends us, and knows why.
  signal(SIGINT, SIG_IGN);
  struct request request;
  while (request_next(&request)) {
    if (!(is_read ? serve_read(&request) : serve_write(&request))) die("protocol", "no such request");
  }
  return EXIT_SUCCESS;
}
