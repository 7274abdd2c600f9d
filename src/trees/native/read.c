#include "read.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "content.h"
#include "levels.h"
#include "limits.h"
#include "look.h"

/* More of the directory, after a byte that is 1 when nothing follows. */
static void tell_batch(void) {
  struct level *level = level_here();
  struct stat status;
  answer_begin('B');
  put_u8(0);
  while (level->next < level->count && answer_length() < BATCH_BYTES) {
    const char *name = level->names[level->next++];
    if (fstatat(level->fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
      put_lost_entry(name, errno);
    } else {
      put_entry(name, (struct subject){.fd = -1, .name = name}, &status);
    }
  }
  if (level->next == level->count) put_u8_at(0, 1);
  answer_end();
}

/* Goes into a directory that was opened, and tells what it is now. */
static void go_into(int fd, const char *name) {
  struct stat status;
  int code = fd < 0 ? errno : 0;
  if (code == 0) code = level_push(fd);
  if (code == 0) {
    code = fstat(fd, &status) < 0 ? errno : level_list(level_here());
    if (code != 0) level_pop();
  }
  if (code != 0) {
    tell_failure(code);
    return;
  }
  answer_begin('M');
  put_entry(name, (struct subject){.fd = fd}, &status);
  answer_end();
  tell_batch();
}

static void open_root(struct request *request) {
  char path[PATH_MAX];
  get_text(request, path, sizeof path - 1);
  get_end(request);
  if (level_here() != NULL) die("protocol", "a root is open already");
  go_into(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), "");
}

static void enter(struct request *request) {
  char name[NAME_BYTES_MAX + 1];
  get_name(request, name);
  get_end(request);
  go_into(openat(level_here()->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), name);
}

static void tell_contents(struct request *request) {
  char name[NAME_BYTES_MAX + 1];
  for (uint32_t left = get_u32(request); left > 0; left--) {
    get_name(request, name);
    tell_content(name);
  }
  get_end(request);
}

static void tell_here(struct request *request) {
  get_end(request);
  tell_fd(level_here()->fd);
}

/* Files that were lent, the first one at lent_from. */
static int lent[LENT_FILES_MAX];
static size_t lent_from;
static size_t lent_count;

static void close_lent(struct request *request) {
  get_end(request);
  if (lent_count == 0) die("protocol", "no file is lent");
  close(lent[lent_from]);
  lent_from = (lent_from + 1) % LENT_FILES_MAX;
  lent_count--;
}

static void wait_for_room(void) {
  struct request request;
  while (lent_count == LENT_FILES_MAX) {
    /* Whoever asked is gone; main ends by it as well. */
    if (!request_next(&request)) exit(0);
    if (request.type != 'c') die("protocol", "a lent file was to be given back");
    close_lent(&request);
  }
}

static void lend_contents(struct request *request) {
  /* Requests that are heard meanwhile take the place of this one. */
  static uint8_t copy[FRAME_BYTES_MAX];
  const size_t length = (size_t)(request->end - request->at);
  memcpy(copy, get_bytes(request, length), length);
  struct request names = {.type = request->type, .at = copy, .end = copy + length};
  char name[NAME_BYTES_MAX + 1];
  for (uint32_t left = get_u32(&names); left > 0; left--) {
    get_name(&names, name);
    wait_for_room();
    const int fd = lend_content(name);
    if (fd >= 0) lent[(lent_from + lent_count++) % LENT_FILES_MAX] = fd;
  }
  get_end(&names);
}

bool serve_read(struct request *request) {
  if (request->type == 'o') {
    open_root(request);
    return true;
  }
  if (level_here() == NULL) die("protocol", "no root is open");
  switch (request->type) {
    case 'e':
      enter(request);
      return true;
    case 'n':
      get_end(request);
      tell_batch();
      return true;
    case 'r':
      tell_contents(request);
      return true;
    case 'R':
      lend_contents(request);
      return true;
    case 'c':
      close_lent(request);
      return true;
    case 'h':
      tell_here(request);
      return true;
    case 'l':
      get_end(request);
      level_pop();
      return true;
    default:
      return false;
  }
}
