#include "make.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "levels.h"

static struct outcome failed(int code) { return (struct outcome){.code = code}; }

static int put_in_place(const char *name) {
  const int here = level_here()->fd;
  if (renameat(here, PART, here, name) == 0) return 0;
  const int code = errno;
  unlinkat(here, PART, 0);
  return code;
}

/* What was made under the name of a part: nobody has exchanged it as long as it has one name, this type and our user. */
static struct outcome finish_part(const char *name, mode_t type, const struct meta *meta) {
  const int here = level_here()->fd;
  const int fd = openat(here, PART, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  struct stat status;
  if (fd < 0) return failed(errno);
  const bool is_told = fstat(fd, &status) == 0;
  if (!is_told || (status.st_mode & S_IFMT) != type || status.st_nlink != 1 || status.st_uid != geteuid()) {
    close(fd);
    return failed(ESTALE);
  }
  struct outcome outcome = {.softness = settle(fd, true, type, meta)};
  close(fd);
  outcome.code = put_in_place(name);
  return outcome;
}

struct outcome make_symlink(const char *name, const char *target, const struct meta *meta) {
  const int here = level_here()->fd;
  unlinkat(here, PART, 0);
  if (symlinkat(target, here, PART) < 0) return failed(errno);
  return finish_part(name, S_IFLNK, meta);
}

struct outcome make_node(const char *name, mode_t type, unsigned major, unsigned minor, const struct meta *meta) {
  const int here = level_here()->fd;
  unlinkat(here, PART, 0);
  if (mknodat(here, PART, type | S_IRUSR | S_IWUSR, makedev(major, minor)) < 0) return failed(errno);
  return finish_part(name, type, meta);
}

/* Opens the directory in which the last name of `path` stands, and cuts `path` to that name; -1 and errno. */
static int open_parent(char **path) {
  int fd = openat(level_root()->fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  for (char *slash = strchr(*path, '/'); fd >= 0 && slash != NULL; slash = strchr(*path, '/')) {
    *slash = '\0';
    const bool is_name = **path != '\0' && strcmp(*path, ".") != 0 && strcmp(*path, "..") != 0;
    if (!is_name) die("protocol", "a path has a name that is none");
    const int next = openat(fd, *path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    const int code = errno;
    close(fd);
    errno = code;
    fd = next;
    *path = slash + 1;
  }
  if (**path == '\0' || strcmp(*path, ".") == 0 || strcmp(*path, "..") == 0) die("protocol", "a path leads nowhere");
  return fd;
}

struct outcome make_link(const char *name, char *path) {
  const int here = level_here()->fd;
  const int parent = open_parent(&path);
  if (parent < 0) return failed(errno);
  unlinkat(here, PART, 0);
  const int code = linkat(parent, path, here, PART, 0) < 0 ? errno : put_in_place(name);
  close(parent);
  /* Renaming one name of a file to another of its names does nothing. */
  if (code == 0) unlinkat(here, PART, 0);
  return failed(code);
}

struct outcome keep_file(const char *name, const struct meta *meta) {
  const int fd = openat(level_here()->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  struct stat status;
  if (fd < 0) return failed(errno);
  struct outcome outcome = {.code = fstat(fd, &status) < 0 ? errno : S_ISREG(status.st_mode) ? 0 : ESTALE};
  if (outcome.code == 0) outcome.softness = settle(fd, false, S_IFREG, meta);
  close(fd);
  return outcome;
}
