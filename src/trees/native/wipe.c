#include "wipe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "limits.h"

static int wipe_within(int fd, int depth);

static int wipe_directory(int parent, const char *name, int depth) {
  if (depth == LEVELS_MAX) return ELOOP;
  const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  int fd = openat(parent, name, flags);
  if (fd < 0 && errno == EACCES && fchmodat(parent, name, S_IRWXU, 0) == 0) fd = openat(parent, name, flags);
  if (fd < 0) return errno;
  fchmod(fd, S_IRWXU);
  const int code = wipe_within(fd, depth + 1);
  close(fd);
  if (code != 0) return code;
  return unlinkat(parent, name, AT_REMOVEDIR) < 0 ? errno : 0;
}

static int wipe_within(int fd, int depth) {
  const int copy = dup(fd);
  DIR *directory = copy < 0 ? NULL : fdopendir(copy);
  if (directory == NULL) return errno;
  int code = 0;
  for (const struct dirent *entry; code == 0 && (entry = readdir(directory)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (unlinkat(fd, entry->d_name, 0) == 0) continue;
    code = errno == EISDIR || errno == EPERM ? wipe_directory(fd, entry->d_name, depth) : errno;
  }
  closedir(directory);
  return code;
}

int wipe(int fd) { return wipe_within(fd, 0); }
