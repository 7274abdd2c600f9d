#include "look.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "levels.h"
#include "limits.h"

enum { FLAG_HOLES = 1, FLAG_ATTRIBUTES_LOST = 2, FLAG_CONTENT = 4 };
enum { BLOCK_BYTES = 512 };

void put_look(const struct stat *status) {
  put_u64(status->st_dev);
  put_u64(status->st_ino);
  put_u64((uint64_t)status->st_size);
  put_u64((uint64_t)status->st_mtim.tv_sec);
  put_u32((uint32_t)status->st_mtim.tv_nsec);
  put_u64((uint64_t)status->st_ctim.tv_sec);
  put_u32((uint32_t)status->st_ctim.tv_nsec);
}

int open_to_read(const char *name) {
  const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  const int fd = level_here()->fd;
  /* A backup leaves no trace; only the owner and root may ask for that. */
  const int opened = openat(fd, name, flags | O_NOATIME);
  return opened < 0 && errno == EPERM ? openat(fd, name, flags) : opened;
}

bool may_have_holes(const struct stat *status) {
  return S_ISREG(status->st_mode) && status->st_size > (off_t)status->st_blocks * BLOCK_BYTES;
}

/* Holes, not only few blocks: a filesystem that compresses has those as well. */
static bool has_holes(const char *name, const struct stat *status) {
  if (name == NULL || !may_have_holes(status)) return false;
  const int fd = open_to_read(name);
  if (fd < 0) return false;
  const off_t hole = lseek(fd, 0, SEEK_HOLE);
  close(fd);
  return hole >= 0 && hole < status->st_size;
}

static void put_target(const char *name, const struct stat *status) {
  char target[TARGET_BYTES_MAX];
  ssize_t length = 0;
  if (S_ISLNK(status->st_mode)) length = readlinkat(level_here()->fd, name, target, sizeof target);
  put_u16(length < 0 ? 0 : (uint16_t)length);
  put_bytes(target, length < 0 ? 0 : (size_t)length);
}

static void put_head(const char *name, int code) {
  put_u16((uint16_t)strlen(name));
  put_bytes(name, strlen(name));
  put_u32((uint32_t)code);
}

void put_lost_entry(const char *name, int code) { put_head(name, code); }

static size_t content_bytes_max;

void tell_contents_to(size_t bytes_max) { content_bytes_max = bytes_max; }

static bool is_same_time(struct timespec a, struct timespec b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool is_same(const struct stat *a, const struct stat *b) {
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
         is_same_time(a->st_mtim, b->st_mtim) && is_same_time(a->st_ctim, b->st_ctim);
}

/* The content of a small file that has not changed since it was looked at; false: that is to be asked for. */
static bool put_content(const char *name, const struct stat *status) {
  const size_t length = (size_t)status->st_size;
  const bool is_small = S_ISREG(status->st_mode) && status->st_size > 0 && length <= content_bytes_max;
  /* The other side decides by which of its names a file is told. */
  if (name == NULL || !is_small || status->st_nlink > 1) return false;
  const int fd = open_to_read(name);
  if (fd < 0) return false;
  put_u32((uint32_t)length);
  struct stat after;
  const bool is_whole =
      read(fd, put_room(length), length) == (ssize_t)length && fstat(fd, &after) == 0 && is_same(status, &after);
  close(fd);
  if (is_whole) put_filled(length);
  return is_whole;
}

void put_entry(const char *name, struct subject subject, const struct stat *status) {
  put_head(name, 0);
  put_look(status);
  put_u32(status->st_mode);
  put_u32(status->st_uid);
  put_u32(status->st_gid);
  put_u32((uint32_t)status->st_nlink);
  put_u32(major(status->st_rdev));
  put_u32(minor(status->st_rdev));
  put_target(name, status);
  const size_t flags_at = answer_length();
  const uint32_t holes = has_holes(subject.name, status) ? FLAG_HOLES : 0;
  put_u32(0);
  const uint32_t attributes = put_attributes(subject) ? 0 : FLAG_ATTRIBUTES_LOST;
  const size_t length = answer_length();
  const uint32_t content = holes == 0 && put_content(subject.name, status) ? FLAG_CONTENT : 0;
  if (content == 0) answer_cut(length);
  put_u32_at(flags_at, holes | attributes | content);
}
