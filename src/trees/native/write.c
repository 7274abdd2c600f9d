#include "write.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "content.h"
#include "levels.h"
#include "limits.h"
#include "make.h"
#include "wipe.h"

/* A draft is a folder of the one who restores: he may take its rights to get in, and nobody else is to be in it. */
static bool is_draft;
/* Directories that could not be entered: what is told of their insides is passed over. */
static size_t lost_levels;

static void tell(struct outcome outcome) {
  answer_begin('A');
  put_u32((uint32_t)outcome.code);
  put_u8(outcome.softness.bits);
  put_u32((uint32_t)outcome.softness.code);
  answer_end();
}

static void tell_code(int code) { tell((struct outcome){.code = code}); }

static int check_draft(int fd) {
  struct stat status;
  if (fstat(fd, &status) < 0) return errno;
  if (status.st_uid != geteuid()) return EPERM;
  if (flock(fd, LOCK_EX | LOCK_NB) < 0) return errno;
  return fchmod(fd, S_IRWXU) < 0 ? errno : 0;
}

static void open_root(struct request *request) {
  char path[PATH_MAX];
  is_draft = get_u8(request) != 0;
  get_text(request, path, sizeof path - 1);
  get_end(request);
  if (level_here() != NULL) die("protocol", "a root is open already");
  umask(0);
  const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (is_draft ? O_NOFOLLOW : 0));
  int code = fd < 0 ? errno : is_draft ? check_draft(fd) : 0;
  if (code != 0 && fd >= 0) close(fd);
  if (code == 0) code = level_push(fd);
  tell_code(code);
}

static int enter_name(const char *name) {
  const int here = level_here()->fd;
  const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  const bool is_new = mkdirat(here, name, S_IRWXU) == 0;
  if (!is_new && errno != EEXIST) return errno;
  int fd = openat(here, name, flags);
  if (fd < 0 && errno == EACCES && is_draft && fchmodat(here, name, S_IRWXU, 0) == 0) fd = openat(here, name, flags);
  if (fd < 0) return errno;
  if (!is_new && is_draft && fchmod(fd, S_IRWXU) < 0) {
    const int code = errno;
    close(fd);
    return code;
  }
  if (!is_new) unlinkat(fd, PART, 0);
  return level_push(fd);
}

static void enter(struct request *request) {
  char name[NAME_BYTES_MAX + 1];
  get_name(request, name);
  get_end(request);
  const int code = lost_levels > 0 ? ECANCELED : enter_name(name);
  if (code != 0) lost_levels++;
  tell_code(code);
}

static void leave(struct request *request) {
  const struct meta meta = get_meta(request);
  if (lost_levels > 0) {
    lost_levels--;
    tell_code(ECANCELED);
    return;
  }
  const struct softness softness = settle(level_here()->fd, false, S_IFDIR, &meta);
  /* The root stays, for what comes at the very end. */
  if (levels_open() > 1) level_pop();
  tell((struct outcome){.softness = softness});
}

static void make(struct request *request) {
  char name[NAME_BYTES_MAX + 1];
  static char target[FRAME_BYTES_MAX];
  const uint8_t type = request->type;
  get_name(request, name);
  if (lost_levels > 0) {
    tell_code(ECANCELED);
    return;
  }
  if (type == 'h') {
    get_text(request, target, UINT16_MAX);
    get_end(request);
    tell(make_link(name, target));
    return;
  }
  uint32_t major = 0;
  uint32_t minor = 0;
  if (type == 's') get_text(request, target, TARGET_BYTES_MAX);
  if (type == 'c' || type == 'b') {
    major = get_u32(request);
    minor = get_u32(request);
  }
  const struct meta meta = get_meta(request);
  if (type == 's') tell(make_symlink(name, target, &meta));
  if (type == 'k') tell(keep_file(name, &meta));
  if (type == 'p') tell(make_node(name, S_IFIFO, 0, 0, &meta));
  if (type == 'c') tell(make_node(name, S_IFCHR, major, minor, &meta));
  if (type == 'b') tell(make_node(name, S_IFBLK, major, minor, &meta));
}

static void serve_file(struct request *request) {
  char name[NAME_BYTES_MAX + 1];
  if (request->type == 'f') {
    const bool leaves_holes = get_u8(request) != 0;
    get_name(request, name);
    get_end(request);
    if (lost_levels == 0) file_begin(name, leaves_holes);
  } else if (request->type == 'w') {
    const size_t length = (size_t)(request->end - request->at);
    if (lost_levels == 0) file_write(get_bytes(request, length), length);
  } else {
    const struct meta meta = get_meta(request);
    if (lost_levels == 0) tell(file_end(&meta));
    else tell_code(ECANCELED);
  }
}

static void verify(struct request *request) {
  char name[NAME_BYTES_MAX + 1];
  get_name(request, name);
  get_end(request);
  tell_content(name);
}

bool serve_write(struct request *request) {
  if (request->type == 'o') {
    open_root(request);
    return true;
  }
  if (level_here() == NULL) die("protocol", "no root is open");
  switch (request->type) {
    case 'd': enter(request); return true;
    case 'u': leave(request); return true;
    case 'f':
    case 'w':
    case 'F': serve_file(request); return true;
    case 'x': get_end(request); file_drop(); return true;
    case 's':
    case 'p':
    case 'c':
    case 'b':
    case 'h':
    case 'k': make(request); return true;
    case 'q': get_end(request); tell_code(file_code()); return true;
    case 'v': verify(request); return true;
    case 'y': get_end(request); tell_code(syncfs(level_root()->fd) < 0 ? errno : 0); return true;
    case 'z': get_end(request); tell_code(wipe(level_root()->fd)); return true;
    default: return false;
  }
}
