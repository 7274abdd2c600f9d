#include "read.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "content.h"
#include "levels.h"
#include "limits.h"
#include "look.h"

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

static void tell_batch(void) {
  struct level *level = level_here();
  struct stat status;
  answer_begin('B');
  while (level->next < level->count && answer_length() < BATCH_BYTES) {
    const char *name = level->names[level->next++];
    if (fstatat(level->fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
      put_lost_entry(name, errno);
    } else {
      put_entry(name, (struct subject){.fd = -1, .name = name}, &status);
    }
  }
  answer_end();
}

static void tell_contents(struct request *request) {
  char name[NAME_BYTES_MAX + 1];
  for (uint32_t left = get_u32(request); left > 0; left--) {
    get_name(request, name);
    tell_content(name);
  }
  get_end(request);
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
    case 'l':
      get_end(request);
      level_pop();
      return true;
    default:
      return false;
  }
}
