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
  put_u32((uint32_t)fd);
  answer_end();
  tell_batch();
}

static void open_root(struct request *request) {
  char path[PATH_MAX];
  const uint32_t contents_to = get_u32(request);
  get_text(request, path, sizeof path - 1);
  get_end(request);
  if (contents_to > DATA_BYTES_MAX) die("protocol", "contents with entries are too large");
  tell_contents_to(contents_to);
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

static void expect(struct request *request) {
  char path[PATH_MAX];
  get_text(request, path, sizeof path - 1);
  get_end(request);
  expect_content(path);
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
    case 'p':
      expect(request);
      return true;
    case 'l':
      get_end(request);
      level_pop();
      return true;
    default:
      return false;
  }
}
